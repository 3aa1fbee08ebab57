import type { Round } from "./generator.ts";
import type { ServerName } from "./scenarios.ts";

const SATURATED = 0.9;
const DISTURBED = 0.05;
// One in a hundred messages is what a p99 is made of.
const DISTURBED_LATENCY = 0.01;
// The distance of two messages at 2,000 a second: later than that, and it is another rate.
const LATE_US = 500;

/** The rounds of one scenario, by server, in the order they were played. */
export interface Outcome {
  name: string;
  figures: readonly Figure[];
  rounds: ReadonlyMap<ServerName, readonly Round[]>;
}

export type Figure = { name: string; of: (round: Round) => number };

export const p95: Figure = { name: "p95 µs", of: (round) => round.latency?.p95 ?? Number.NaN };
export const latencies: readonly Figure[] = [
  { name: "p50 µs", of: (round) => round.latency?.p50 ?? Number.NaN },
  { name: "p99 µs", of: (round) => round.latency?.p99 ?? Number.NaN },
  { name: "max µs", of: (round) => round.latency?.max ?? Number.NaN },
];
export const perDelivery: Figure = {
  name: "CPU ns a delivery",
  of: (round) => round.serverCpuNs / round.deliveries,
};
export const perMessage: Figure = {
  name: "CPU µs a message",
  of: (round) => round.serverCpuNs / round.messages / 1000,
};
/** All that arrived, whatever it was: where one server says more than the other, this is not 1 × bare. */
export const bytesPerDelivery: Figure = {
  name: "bytes a delivery",
  of: (round) => (round.bytes ?? Number.NaN) / round.deliveries,
};

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

const short = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
const percent = (value: number): string => `${Math.round(value * 100)} %`;

/** Markdown: one line for each scenario, figure and server. */
export function table(outcomes: readonly Outcome[]): string[] {
  const head =
    "| scenario | figure | server | median (least–most) | × bare | messages/s | server core | load core | MiB |";
  return [head, "|---|---|---|--:|--:|--:|--:|--:|--:|", ...outcomes.flatMap(lines)];
}

function lines({ name, figures, rounds }: Outcome): string[] {
  const bare = rounds.get("bare");
  return figures.flatMap((figure) =>
    [...rounds].map(([server, played]) => {
      const values = played.map(figure.of);
      // Rounds that were neighbours are compared with each other, so that a machine that drifts does not count.
      const ratio = median(values.map((value, i) => value / figure.of(bare![i]!)));
      const of = (value: (round: Round) => number) => median(played.map(value));
      const cells = [
        name,
        figure.name,
        server === "bare" ? "bare Bun.serve" : `switchboard, ${server}`,
        `${short(median(values))} (${short(Math.min(...values))}–${short(Math.max(...values))})`,
        ratio.toFixed(2),
        short(of((round) => (round.messages * 1e9) / round.elapsedNs)),
        percent(of((round) => round.serverCpuNs / round.elapsedNs)),
        percent(of((round) => round.loadCpuNs / round.elapsedNs)),
        of((round) => round.serverMemoryMiB).toFixed(0),
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  );
}

/** What makes a round worth less than it looks; nothing, if it is sound. */
export function doubts({ latency, loadCpuNs, waitedNs, elapsedNs }: Round): string[] {
  const reasons: string[] = [];
  const bottleneck = "THE LOAD GENERATOR IS THE BOTTLENECK:";
  if (latency) {
    // Its CPU says nothing here: with a rate it spins on purpose.
    if (latency.lateP99 > LATE_US)
      reasons.push(`${bottleneck} its p99 send was ${short(latency.lateP99)} µs late`);
  } else if (loadCpuNs > SATURATED * elapsedNs) {
    reasons.push(`${bottleneck} it used ${percent(loadCpuNs / elapsedNs)} of its core`);
  }
  if (waitedNs > (latency ? DISTURBED_LATENCY : DISTURBED) * elapsedNs) {
    reasons.push(
      `THE MACHINE IS BUSY: server or load waited ${percent(waitedNs / elapsedNs)} of the time for a core`,
    );
  }
  return reasons;
}

/** One line on how many rounds are in doubt, for below the table; none when all are sound. */
export function caveat(outcomes: readonly Outcome[]): string[] {
  const rounds = outcomes.flatMap((outcome) => [...outcome.rounds.values()].flat());
  const doubted = rounds.filter((round) => doubts(round).length > 0).length;
  if (doubted === 0) return [];
  return [
    "",
    `**${doubted} of ${rounds.length} rounds are in doubt**: a busy machine, or the load generator at its end.`,
  ];
}
