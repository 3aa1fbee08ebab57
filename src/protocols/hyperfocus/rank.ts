import type { StoredMap } from "./stored-map.ts";

/** How many gifts of a stream had this value. */
export interface Count {
  readonly value: number;
  readonly gifts: number;
}

/** How many values are distinguished: the stream's greatest. A smaller gift is far behind in any case. */
export const MAX_VALUES = 1_000;

/** A gift's rank by value: 1, and one more for each counted gift of greater value. */
export function rankOf(counts: Iterable<Count>, value: number): number {
  let rank = 1;
  for (const count of counts) if (count.value > value) rank += count.gifts;
  return rank;
}

/** Counts one more gift. Over the limit, the smallest value is merged into the next greater one. */
export function countValue(counts: StoredMap<Count>, value: number): void {
  add(counts, value, 1);
  if (counts.size <= MAX_VALUES) return;
  const smallest = least(counts);
  if (!smallest) return;
  counts.delete(`${smallest.value}`);
  const next = least(counts);
  if (next) add(counts, next.value, smallest.gifts);
}

function add(counts: StoredMap<Count>, value: number, gifts: number): void {
  counts.set(`${value}`, { value, gifts: (counts.get(`${value}`)?.gifts ?? 0) + gifts });
}

function least(counts: StoredMap<Count>): Count | undefined {
  let least: Count | undefined;
  for (const count of counts.values()) if (!least || count.value < least.value) least = count;
  return least;
}
