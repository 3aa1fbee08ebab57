import type { Page } from "../core/ports/history.ts";

/** How many rows are scanned before the next counted row is looked up. */
const RUN = 256;

/** The queries of a room's rows that paging needs. */
export interface Rows<Row> {
  /**
   * Rows of the page's kind, newest first, from one offset up to but not including another; at most `limit`
   * of them.
   */
  run(from: number, before: number, limit: number): readonly Row[];
  /**
   * How many history messages the room had with the event at this offset; undefined where no event is there.
   */
  countAt(offset: number): number | undefined;
}

/**
 * The last events before an offset, newest first; `last` is the room's last offset. For each event found it
 * scans at most 2 runs, however many other events lie between, and looks up a logarithmic number of events.
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
    // Events that retention has removed are older than the remaining ones.
    if ((countAt(middle) ?? 0) < count) older = middle;
    else younger = middle;
  }
  return younger;
}
