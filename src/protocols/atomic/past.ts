import type { History, StoredEvent } from "../../core/ports/history.ts";
import type { HistoryView } from "../../core/protocol/frames.ts";
import { ERASED_NAME, type PersonalData } from "../../core/protocol/personal-data.ts";
import { parseTime } from "../../core/protocol/time.ts";
import { contextState, isContext, seenKey } from "./contexts.ts";
import { wrong } from "./refusals.ts";
import { offsetOfTime } from "./timeline.ts";

/** The id contains the offset, so that a message is found by its id without an index of ids. */
export const messageId = (entryId: string, offset: number): string => `msg-${entryId}-${offset}`;
const offsetOf = (id: string): number => Number(/^msg-[0-9a-z]+-(\d{1,15})$/.exec(id)?.[1] ?? 0);

/** The offset of a message by its id. A backend's id may look like one of the server's, so it is looked up first. */
function find(history: History, room: string, id: string): number | undefined {
  const event = history.byExternalId(room, id) ?? history.at(room, offsetOf(id));
  return event?.kind === "message" && JSON.parse(event.body).id === id ? event.offset : undefined;
}

/** Throws a `Refusal` if a message in the context that no backend posted has the id. */
export function checkPostedId(history: History, room: string, id: string): void {
  if (history.byExternalId(room, id) || find(history, room, id) === undefined) return;
  throw wrong("id", "is the id of a message that was written in this context: use another");
}

/** The text of an edit stays: it is part of a document of several users, and the positions of the others count it. */
export const personalData: PersonalData = {
  users: { authorId: { author: ERASED_NAME } },
  authors: ["authorId"],
  eraseState: (key, _, userId) => (key === seenKey(userId) ? [[key, null]] : undefined),
};

/** What is kept of a room, as of the last commit. */
type State = (room: string) => unknown;

export const createPast = (state: State): HistoryView => ({
  kind: "message",
  show: ({ body }) => JSON.parse(body),
  redact: ({ kind, body }) =>
    kind === "message" ? JSON.stringify({ ...JSON.parse(body), content: "" }) : undefined,
  id: ({ kind, body }) => (kind === "message" ? JSON.parse(body).id : undefined),
  find,
  findTime: (history, room, time) =>
    isContext(room)
      ? offsetOfTime(history, room, contextState(state(room)).timeline.stretches, time)
      : undefined,
});

/** Resolves the time or the id of a message to its offset, once everything before it is committed. */
export function placeOf(history: History, state: State, room: string, before: string): () => number {
  const offset = find(history, room, before);
  if (offset !== undefined) return () => offset;
  const time = parseTime(before);
  if (time === undefined) throw wrong("before", "must be the time or the id of a message");
  return () => offsetOfTime(history, room, contextState(state(room)).timeline.stretches, time);
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
