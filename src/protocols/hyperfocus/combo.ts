/** Gifts of one sender and type that follow each other quickly. */
export interface Combo {
  readonly count: number;
  /** Time of the last gift, in milliseconds since the epoch. */
  readonly time: number;
}

/** The longest time between two gifts of a combo. */
const COMBO_MS = 5_000;

/** A clock may be set back, so a combo can lie in the future. */
export const isOver = (combo: Combo, time: number): boolean => Math.abs(time - combo.time) > COMBO_MS;

/** The combo after one more gift; `given` is the count that the backend sent. */
export function nextCombo(last: Combo | undefined, time: number, given?: number): Combo {
  const before = last && !isOver(last, time) ? last.count : 0;
  return { count: given ?? before + 1, time };
}
