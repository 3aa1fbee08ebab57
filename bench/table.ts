import type { Round } from "./load.ts";
import type { Scenario, ServerName } from "./scenarios.ts";

const SATURATED = 0.9;
const DISTURBED = 0.05;
// One in a hundred messages is what a p99 is made of.
const DISTURBED_LATENCY = 0.01;
// The distance of two messages at 2,000 a second: later than that, and it is another rate.
const LATE_US = 500;

/** The rounds of one scenario, by server, in the order they were played. */
export interface Outcome {
  scenario: Scenario;
  rounds: ReadonlyMap<ServerName, readonly Round[]>;
}

type Figure = { name: string; of: (round: Round) => number };

const latencies: readonly Figure[] = [
  { name: "p50 µs", of: (round) => round.latency?.p50 ?? Number.NaN },
  { name: "p99 µs", of: (round) => round.latency?.p99 ?? Number.NaN },
  { name: "max µs", of: (round) => round.latency?.max ?? Number.NaN },
];
const perDelivery: Figure = {
  name: "CPU ns a delivery",
  of: (round) => round.serverCpuNs / round.deliveries,
};
const perMessage: Figure = {
  name: "CPU µs a message",
  of: (round) => round.serverCpuNs / round.messages / 1000,
};

function figuresOf({ rooms, rate }: Scenario): readonly Figure[] {
  if (rate) return [...latencies, perMessage];
  return [rooms === 1 ? perDelivery : perMessage];
}

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

function lines({ scenario, rounds }: Outcome): string[] {
  return figuresOf(scenario).flatMap((figure) =>
    [...rounds].map(([server, played]) => {
      const values = played.map(figure.of);
      // Rounds that were neighbours are compared with each other, so that a machine that drifts does not count.
      const ratio = median(values.map((value, i) => value / figure.of(rounds.get("bare")![i]!)));
      const of = (value: (round: Round) => number) => median(played.map(value));
      const cells = [
        scenario.name,
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
