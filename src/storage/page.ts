import type { Page } from "../core/history.ts";

/** So many rows are walked over before the next one that counts is looked up. */
const RUN = 256;

/** A room's rows, as far as paging asks for them. */
export interface Rows<Row> {
  /** Those of the page's kind, newest first, from one offset up to another and without it; at most so many. */
  run(from: number, before: number, limit: number): readonly Row[];
  /** How many history messages the room had with the event at this offset; undefined where there is none. */
  countAt(offset: number): number | undefined;
}

/**
 * The last events before an offset, newest first; `last` is the room's last offset. However many others lie between
 * them, for each it walks over 2 runs at most, and looks up the logarithm of what is between.
 */
export function findPage<Row>(
  rows: Rows<Row>,
  last: number,
  { limit, before = last + 1 }: Omit<Page, "kind">,
): Row[] {
  const found: Row[] = [];
  for (let end = Math.min(before, last + 1); end > 1 && found.length < limit; ) {
    const start = Math.max(1, end - RUN);
    const run = rows.run(start, end, limit - found.length);
    found.push(...run);
    end = run.length > 0 ? start : lastThatCounts(rows, start - 1) + 1;
  }
  return found;
}

/** The offset of the last history message up to this one; 0 where there is none. */
function lastThatCounts({ countAt }: Rows<unknown>, offset: number): number {
  const count = countAt(offset) ?? 0;
  if (count === 0) return 0;
  let [older, younger] = [0, offset];
  while (younger - older > 1) {
    const middle = Math.floor((older + younger) / 2);
    // What retention has removed is older than what is left.
    if ((countAt(middle) ?? 0) < count) older = middle;
    else younger = middle;
  }
  return younger;
}
