import { price } from "./price.ts";
import type { Gift } from "./schema.ts";

/** A gift without its rank by value, which it gets when it is shown. A rank from the backend stays. */
export type Unranked = Omit<Gift, "metadata"> & {
  readonly metadata: Omit<Gift["metadata"], "rank"> & { readonly rank?: number | undefined };
};

/**
 * A second and a little more, because viewers measure the pace too. If one frame takes longer to be stored
 * than the frame a second later, they must still not see one too many.
 */
export const WINDOW_MS = 1_020;

/** The times of shown gifts that count at this time. A clock may be set back. */
export const recent = (shown: readonly number[], time: number): number[] =>
  shown.filter((at) => Math.abs(time - at) < WINDOW_MS);

/** How many gifts may be shown now. `pace` is the limit for any second; 0 means no limit. */
export const slots = (shown: readonly number[], time: number, pace: number): number =>
  pace === 0 ? Number.POSITIVE_INFINITY : Math.max(0, pace - recent(shown, time).length);

/** Milliseconds until the next gift may be shown. */
export function nextSlotIn(shown: readonly number[], time: number, pace: number): number {
  const recently = recent(shown, time);
  const oldest = pace === 0 ? undefined : recently.at(-pace);
  return oldest === undefined ? 0 : Math.min(WINDOW_MS, oldest + WINDOW_MS - time);
}

/**
 * Two gifts of one sender and type, shown as one: the first gift, with the count of both and the combo of the
 * second.
 */
export function merge(first: Unranked, second: Unranked): Unranked {
  const ranks = [first.metadata.rank, second.metadata.rank].filter((rank) => rank !== undefined);
  const { isStreak, comboCount } = second.metadata;
  return {
    ...first,
    quantity: first.quantity + second.quantity,
    totalValue: price(first.totalValue + second.totalValue),
    metadata: {
      isStreak,
      comboCount,
      rank: ranks.length === 2 ? Math.min(...ranks) : undefined,
      timestamp: first.metadata.timestamp,
    },
  };
}
