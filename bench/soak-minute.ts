/** One minute of a soak. Bytes in MiB, times in milliseconds. */
export interface Minute {
  readonly minute: number;
  readonly connections: number;
  /** Things that were done and confirmed, and how long that took. */
  readonly done: number;
  readonly p50: number;
  readonly p99: number;
  readonly rss: number;
  /** After a full collection. */
  readonly heap: number;
  readonly objects: number;
  /** Open descriptors that are no client's connection. */
  readonly descriptors: number;
  /** Share of one core. */
  readonly cpu: number;
  readonly database: number;
  /** What went wrong: errors in the server's log, answers that did not come, connections that ended by themselves. */
  readonly wrong: number;
}

const COLUMNS: readonly (readonly [string, (minute: Minute) => string])[] = [
  ["minute", ({ minute }) => String(minute)],
  ["connections", ({ connections }) => String(connections)],
  ["confirmed", ({ done }) => done.toLocaleString("en")],
  ["p50 ms", ({ p50 }) => p50.toFixed(1)],
  ["p99 ms", ({ p99 }) => p99.toFixed(1)],
  ["RSS MiB", ({ rss }) => rss.toFixed(0)],
  ["heap MiB", ({ heap }) => heap.toFixed(1)],
  ["objects", ({ objects }) => objects.toLocaleString("en")],
  ["other fds", ({ descriptors }) => String(descriptors)],
  ["core", ({ cpu }) => `${(cpu * 100).toFixed(0)} %`],
  ["database MiB", ({ database }) => database.toFixed(0)],
  ["wrong", ({ wrong }) => String(wrong)],
];

export const head = (): string[] => [
  `| ${COLUMNS.map(([name]) => name).join(" | ")} |`,
  `|${COLUMNS.map(() => "--:|").join("")}`,
];
export const row = (minute: Minute): string => `| ${COLUMNS.map(([, show]) => show(minute)).join(" | ")} |`;

/**
 * Minutes in which growth is not judged. A repeat of an id is recognised among the last 10 minutes and 1,000 messages of a room, in two
 * generations: what a server keeps for that fills for 20 minutes at the least.
 */
const WARM_UP = 20;
/** Fewer minutes than that after it say nothing about growth. */
const ENOUGH = 10;

export const isJudged = (minutes: number): boolean => minutes >= WARM_UP + ENOUGH;

/** How far a figure may be at the end above where it began after the warm-up: by a share of it, and by so much besides. */
const MAY_GROW: readonly (readonly [string, (minute: Minute) => number, number, number])[] = [
  ["RSS, MiB", ({ rss }) => rss, 0.1, 16],
  ["heap, MiB", ({ heap }) => heap, 0.1, 4],
  ["objects", ({ objects }) => objects, 0.1, 20_000],
  ["descriptors", ({ descriptors }) => descriptors, 0, 8],
  // The machine may have other things to do; what piles up makes it worse than this.
  ["p50, ms", ({ p50 }) => p50, 1, 5],
];

/** What went wrong over all of it; nothing when it may pass. Growth is told only of a soak that `isJudged`. */
export function faults(minutes: readonly Minute[]): string[] {
  const judged = isJudged(minutes.length) ? minutes.slice(WARM_UP) : [];
  const grown = judged.length === 0 ? [] : MAY_GROW;
  const found = grown.flatMap(([name, of, share, besides]) => {
    const [from, to] = trend(judged.map(of));
    return to - from > from * share + besides
      ? [`${name} grew from ${from.toFixed(1)} to ${to.toFixed(1)} in ${judged.length} minutes`]
      : [];
  });
  const wrong = minutes.reduce((sum, minute) => sum + minute.wrong, 0);
  return wrong === 0 ? found : [...found, `${wrong} things went wrong`];
}

/** The two ends of the straight line that fits best: one odd minute says little. */
export function trend(values: readonly number[]): readonly [number, number] {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [over, under] = [0, 0];
  values.forEach((value, x) => {
    over += (x - middle) * (value - mean);
    under += (x - middle) ** 2;
  });
  const slope = under === 0 ? 0 : over / under;
  return [mean - slope * middle, mean + slope * middle];
}

/** What this share of the sorted values does not exceed. */
export const share = (sorted: Float64Array, part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
