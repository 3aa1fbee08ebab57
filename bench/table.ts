import type { Round } from "./generator.ts";
import type { ServerName } from "./names.ts";
import { labelOf } from "./servers.ts";

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

export interface Figure {
  name: string;
  of: (round: Round) => number;
  /** Told by the clock: on a busy machine it says little. */
  timed?: true;
}

export const p95: Figure = { name: "p95 µs", timed: true, of: (round) => round.latency?.p95 ?? Number.NaN };
export const latencies: readonly Figure[] = [
  { name: "p50 µs", timed: true, of: (round) => round.latency?.p50 ?? Number.NaN },
  { name: "p99 µs", timed: true, of: (round) => round.latency?.p99 ?? Number.NaN },
  { name: "max µs", timed: true, of: (round) => round.latency?.max ?? Number.NaN },
];
export const perDelivery: Figure = {
  name: "CPU ns a delivery",
  of: (round) => round.serverCpuNs / round.deliveries,
};
export const perMessage: Figure = {
  name: "CPU µs a message",
  of: (round) => round.serverCpuNs / round.messages / 1000,
};
/** Without and with somebody who has stopped reading, and the second as a multiple of the first. */
export const stoppedReader: readonly Figure[] = [
  { name: "p99 µs, all read", timed: true, of: ({ calm }) => calm?.p99 ?? Number.NaN },
  { name: "p99 µs, one has stopped", timed: true, of: ({ latency }) => latency?.p99 ?? Number.NaN },
  {
    name: "p99, × all read",
    timed: true,
    of: ({ calm, latency }) => (latency && calm ? latency.p99 / calm.p99 : Number.NaN),
  },
];
export const connecting: readonly Figure[] = [
  { name: "CPU µs a connection", of: (round) => round.serverCpuNs / round.messages / 1000 },
  { name: "connecting, µs", timed: true, of: (round) => round.elapsedNs / round.messages / 1000 },
  { name: "memory KiB a connection", of: (round) => round.memoryKiB ?? Number.NaN },
];
/** Everything that arrived: where one server sends more than the other, this is not 1 × bare. */
export const bytesPerDelivery: Figure = {
  name: "bytes a delivery",
  of: (round) => (round.bytes ?? Number.NaN) / round.deliveries,
};

/** What it is as a multiple of bare: rounds that were neighbours are compared, so that a machine that drifts does not count. */
export function ratioOf(figure: Figure, server: ServerName, { rounds }: Outcome): number {
  const bare = rounds.get("bare") ?? [];
  return median((rounds.get(server) ?? []).map((round, i) => figure.of(round) / figure.of(bare[i]!)));
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

export const short = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
const percent = (value: number): string => `${Math.round(value * 100)} %`;

/** Markdown: one line for each scenario, figure and server. */
export function table(outcomes: readonly Outcome[]): string[] {
  const head =
    "| scenario | figure | server | median (least–most) | × bare | messages/s | server core | load core | MiB |";
  return [head, "|---|---|---|--:|--:|--:|--:|--:|--:|", ...outcomes.flatMap(lines)];
}

function lines(outcome: Outcome): string[] {
  const { name, figures, rounds } = outcome;
  return figures.flatMap((figure) =>
    [...rounds].map(([server, played]) => {
      const values = played.map(figure.of);
      const of = (value: (round: Round) => number) => median(played.map(value));
      const cells = [
        name,
        figure.name,
        labelOf(server),
        `${short(median(values))} (${short(Math.min(...values))}–${short(Math.max(...values))})`,
        ratioOf(figure, server, outcome).toFixed(2),
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

/** How many rounds are in doubt; nothing when all are sound. */
export function doubtful(outcomes: readonly Outcome[]): string[] {
  const rounds = outcomes.flatMap((outcome) => [...outcome.rounds.values()].flat());
  const doubted = rounds.filter((round) => doubts(round).length > 0).length;
  return doubted === 0 ? [] : [`${doubted} of ${rounds.length} rounds are in doubt`];
}

/** The same as a line for below the table. */
export const caveat = (outcomes: readonly Outcome[]): string[] =>
  doubtful(outcomes).flatMap((line) => [
    "",
    `**${line}**: a busy machine, or the load generator at its end.`,
  ]);
