/** Gifts of one sender and type, each soon after the one before. */
export interface Combo {
  readonly count: number;
  /** Of the last of them, in milliseconds since the epoch. */
  readonly time: number;
}

/** How soon. */
const COMBO_MS = 5_000;

/** Clocks may be set back, so that a combo can be of the future. */
export const isOver = (combo: Combo, time: number): boolean => Math.abs(time - combo.time) > COMBO_MS;

/** The combo that one more gift makes; `given` is what the backend counts. */
export function nextCombo(last: Combo | undefined, time: number, given?: number): Combo {
  const before = last && !isOver(last, time) ? last.count : 0;
  return { count: given ?? before + 1, time };
}
