import { median } from "./table.ts";

/** What a scenario cost, in nanoseconds of the server's CPU for one thing done, round by round. */
export interface Costs {
  readonly bare: readonly number[];
  readonly ours: readonly number[];
}

export interface Verdict {
  /** Ours by bare. */
  readonly ratio: number;
  /** How far the calmest of bare's rounds are apart, as a share: what the machine alone does to a figure. */
  readonly spread: number;
  readonly says: "fine" | "slower" | "too busy to tell";
}

/** So far may a ratio be above what was stored: more than noise does, less than the 25 % that must be seen. */
export const MARGIN = 0.18;
/** Above this spread the machine is too busy. */
export const MAX_SPREAD = 0.2;

const least = (values: readonly number[], count: number): number[] =>
  values.toSorted((a, b) => a - b).slice(0, count);

/**
 * Goes by the calmest rounds of each server, half of them: what else runs on a machine makes a round dearer and never
 * cheaper. What was dear in all rounds is dear.
 */
export function judge({ bare, ours }: Costs, stored: number): Verdict {
  const half = Math.ceil(bare.length / 2);
  const calm = least(bare, half);
  const ratio = median(least(ours, half)) / median(calm);
  const spread = calm.at(-1)! / calm[0]! - 1;
  const says = ratio <= stored * (1 + MARGIN) ? "fine" : spread > MAX_SPREAD ? "too busy to tell" : "slower";
  return { ratio, spread, says };
}
