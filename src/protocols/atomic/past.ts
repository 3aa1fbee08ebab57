import { type History, offsetAt, type StoredEvent } from "../../core/ports/history.ts";
import type { HistoryView } from "../../core/protocol/frames.ts";
import { wrong } from "./refusals.ts";
import { isTime } from "./schema.ts";

/** The id contains the offset, so that a message is found by its id without an index of ids. */
export const messageId = (entryId: string, offset: number): string => `msg-${entryId}-${offset}`;
const offsetOf = (id: string): number => Number(/^msg-[0-9a-z]+-(\d{1,15})$/.exec(id)?.[1] ?? 0);

/** The offset of a message by its id: the server's id, or the id that a backend gave it. */
function find(history: History, room: string, id: string): number | undefined {
  const event = history.at(room, offsetOf(id)) ?? history.byExternalId(room, id);
  return event?.kind === "message" && JSON.parse(event.body).id === id ? event.offset : undefined;
}

export const past: HistoryView = { kind: "message", show: ({ body }) => JSON.parse(body), find };

/** Resolves the time or the id of a message to its offset, once everything before it is committed. */
export function placeOf(history: History, room: string, before: string): () => number {
  const offset = find(history, room, before);
  if (offset !== undefined) return () => offset;
  // No two messages of a context have the same time.
  if (isTime(before)) return () => offsetAt(history, room, Date.parse(before));
  throw wrong("before", "must be the time or the id of a message");
}

interface Wanted {
  /** Only offsets before this one; undefined: the newest messages. */
  readonly before: number | undefined;
  readonly limit: number;
  readonly maxBytes: number;
}

/** The JSON of the last messages before an offset, oldest first: as many as fit, but at least one. */
export function page(history: History, room: string, { before, limit, maxBytes }: Wanted): string {
  const found = history
    .page(room, { kind: "message", limit: limit + 1, ...(before !== undefined && { before }) })
    .reverse();
  let bytes = 0;
  const fits = ({ body }: StoredEvent, index: number): boolean => {
    bytes += Buffer.byteLength(body) + 1;
    return index === 0 || (index < limit && bytes <= maxBytes);
  };
  const messages = found.filter(fits).reverse();
  const bodies = messages.map(({ body }) => body).join(",");
  return `{"messages":[${bodies}],"hasMore":${messages.length < found.length}}`;
}
