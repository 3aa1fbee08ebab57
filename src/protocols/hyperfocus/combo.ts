/** Gifts of one sender and type that follow each other quickly. */
export interface Combo {
  readonly count: number;
  /** Time of the last gift, in milliseconds since the epoch. */
  readonly time: number;
  /** Offset of the last gift. Rows of earlier versions have none. */
  readonly offset?: number;
}

/**
 * Orders combos by their last gift. Times do not order them: they come from the clocks of several machines. Combos
 * without an offset are older than all others.
 */
export const orderOf = ({ offset, time }: Combo): number => offset ?? time - Number.MAX_SAFE_INTEGER;

/** The longest time between two gifts of a combo. */
const COMBO_MS = 5_000;

/** A clock may be set back, so a combo can lie in the future. */
export const isOver = (combo: Combo, time: number): boolean => Math.abs(time - combo.time) > COMBO_MS;

/** The combo after one more gift; `given` is the count that the backend sent. */
export function nextCombo(last: Combo | undefined, time: number, given?: number): Omit<Combo, "offset"> {
  const before = last && !isOver(last, time) ? last.count : 0;
  return { count: given ?? before + 1, time };
}
