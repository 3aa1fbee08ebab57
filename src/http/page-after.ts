import type { History, StoredEvent } from "../core/ports/history.ts";

/** Offsets that are read before the next message is looked up. */
const RUN = 256;

/** The first history messages after an offset, oldest first; what lies between them is skipped by their counts. */
export function pageAfter(
  history: History,
  room: string,
  { kind, after, limit }: { readonly kind: string; readonly after: number; readonly limit: number },
): StoredEvent[] {
  const found: StoredEvent[] = [];
  const { gone, last } = history.span(room);
  for (let end = Math.max(after, gone); end < last && found.length < limit; ) {
    const run = history.since(room, end, RUN).filter((event) => event.kind === kind);
    found.push(...run);
    end = Math.min(end + RUN, last);
    if (run.length === 0) end = beforeNext(history, room, end, last);
  }
  return found.slice(0, limit);
}

/** The last offset from this one on with which the room has no more history messages than with this one. */
function beforeNext(history: History, room: string, from: number, last: number): number {
  const count = history.at(room, from)?.count;
  let [older, younger] = [from, last + 1];
  while (younger - older > 1) {
    const middle = Math.floor((older + younger) / 2);
    if (history.at(room, middle)?.count === count) older = middle;
    else younger = middle;
  }
  return older;
}
