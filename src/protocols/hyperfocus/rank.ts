import type { Kept } from "./kept.ts";

/** How many gifts of a stream had this value. */
export interface Count {
  readonly value: number;
  readonly gifts: number;
}

/** So many values are told apart, the greatest of the stream: whoever gives less is far behind anyhow. */
export const MAX_VALUES = 1_000;

/** A gift's place by value among those counted: 1, and one more for each of greater value. */
export function rankOf(counts: Iterable<Count>, value: number): number {
  let rank = 1;
  for (const count of counts) if (count.value > value) rank += count.gifts;
  return rank;
}

/** Counts one more gift. Over the limit, the smallest value is counted as the next greater one. */
export function countValue(counts: Kept<Count>, value: number): void {
  add(counts, value, 1);
  if (counts.size <= MAX_VALUES) return;
  const smallest = least(counts);
  if (!smallest) return;
  counts.delete(`${smallest.value}`);
  const next = least(counts);
  if (next) add(counts, next.value, smallest.gifts);
}

function add(counts: Kept<Count>, value: number, gifts: number): void {
  counts.set(`${value}`, { value, gifts: (counts.get(`${value}`)?.gifts ?? 0) + gifts });
}

function least(counts: Kept<Count>): Count | undefined {
  let least: Count | undefined;
  for (const count of counts.values()) if (!least || count.value < least.value) least = count;
  return least;
}
