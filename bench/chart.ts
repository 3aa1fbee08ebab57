import { caption } from "./machine.ts";
import type { ServerName } from "./names.ts";
import { labelOf } from "./servers.ts";
import { doubtful, type Figure, type Outcome, ratioOf } from "./table.ts";

const [WIDTH, LEFT, RIGHT, TOP] = [860, 300, 70, 64];
const [ROW, TITLE, GAP] = [18, 24, 10];
// Ticks of a logarithmic axis; bars begin at the first.
const TICKS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128];

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

interface Bar {
  server: ServerName;
  ratio: number;
}

/**
 * One group of bars for each figure that no clock told: how many times that of the bare server. Less is better. It
 * follows the reader's dark or light.
 */
export function chart(outcomes: readonly Outcome[]): string {
  const groups = outcomes.flatMap((outcome) => {
    const figures = outcome.figures.filter(({ timed }) => !timed);
    return figures.map((figure) => ({
      title: `${outcome.name}: ${figure.name}`,
      bars: barsOf(figure, outcome),
    }));
  });
  const highest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ ratio }) => ratio)));
  const ticks = TICKS.filter((_, i) => i === 0 || TICKS[i - 1]! < highest);
  const [first, last] = [Math.log2(ticks[0]!), Math.log2(ticks.at(-1)!)];
  const x = (ratio: number) =>
    LEFT + (Math.max(0, Math.log2(ratio) - first) / (last - first)) * (WIDTH - LEFT - RIGHT);

  const parts: string[] = [];
  let y = TOP;
  for (const { title, bars } of groups) {
    parts.push(`<text class="title" x="16" y="${y + 15}">${escaped(title)}</text>`);
    y += TITLE;
    for (const { server, ratio } of bars) {
      const [end, middle] = [x(ratio).toFixed(1), y + ROW / 2 + 4];
      const kind = server === "bare" ? "bare" : server === "FULL" || server === "NORMAL" ? "own" : "peer";
      parts.push(
        `<text x="${LEFT - 8}" y="${middle}" text-anchor="end">${escaped(labelOf(server))}</text>`,
        `<rect class="${kind}" x="${LEFT}" y="${y + 2}" width="${(Number(end) - LEFT).toFixed(1)}" height="${ROW - 4}" rx="2"/>`,
        `<text x="${Number(end) + 6}" y="${middle}">${ratio.toFixed(2)}</text>`,
      );
      y += ROW;
    }
    y += GAP;
  }
  const axis = ticks.map((tick) => {
    const at = x(tick).toFixed(1);
    const line = `<line class="${tick === 1 ? "one" : ""}" x1="${at}" y1="${TOP - 4}" x2="${at}" y2="${y}"/>`;
    return `${line}<text class="small" x="${at}" y="${TOP - 10}" text-anchor="middle">${tick}</text>`;
  });
  const foot = [caption(), ...doubtful(outcomes)].join("; ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 30}" font-family="system-ui, sans-serif" font-size="12">
<title>Times the bare Bun.serve</title>
<style>
svg{background:#fff}text{fill:#1f2328}.title{font-weight:600}.small{fill:#59636e;font-size:11px}
line{stroke:#d1d9e0}line.one{stroke:#59636e;stroke-dasharray:4 3}.own{fill:#0969da}.bare{fill:#59636e}.peer{fill:#bc6c00}
@media(prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#f0f6fc}.small{fill:#9198a1}
line{stroke:#30363d}line.one{stroke:#9198a1}.own{fill:#4493f8}.bare{fill:#9198a1}.peer{fill:#d29922}}
</style>
<text class="title" x="16" y="22" font-size="14">Times the bare Bun.serve, logarithmic; less is better</text>
${axis.join("\n")}
${parts.join("\n")}
<text class="small" x="16" y="${y + 18}">${escaped(foot)}</text>
</svg>
`;
}

const barsOf = (figure: Figure, outcome: Outcome): Bar[] =>
  [...outcome.rounds.keys()].map((server) => ({ server, ratio: ratioOf(figure, server, outcome) }));
