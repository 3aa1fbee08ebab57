import type { ServerName } from "./names.ts";
import { labelOf } from "./servers.ts";
import { median, type Outcome, ratioOf, short } from "./table.ts";

/** Markdown: one line for each scenario and figure, one column for each server: the median, and how many times bare. */
export function compared(outcomes: readonly Outcome[]): string[] {
  const servers = [...new Set(outcomes.flatMap(({ rounds }) => [...rounds.keys()]))];
  const cell = (figure: Outcome["figures"][number], server: ServerName, outcome: Outcome): string => {
    const rounds = outcome.rounds.get(server);
    if (!rounds) return "";
    const value = short(median(rounds.map(figure.of)));
    return server === "bare" ? value : `${value} (${ratioOf(figure, server, outcome).toFixed(2)})`;
  };
  return [
    `| scenario | figure | ${servers.map(labelOf).join(" | ")} |`,
    `|---|---|${servers.map(() => "--:|").join("")}`,
    ...outcomes.flatMap((outcome) =>
      outcome.figures.map((figure) => {
        const cells = servers.map((server) => cell(figure, server, outcome));
        return `| ${[outcome.name, figure.name, ...cells].join(" | ")} |`;
      }),
    ),
  ];
}
