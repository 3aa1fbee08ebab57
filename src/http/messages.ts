import { Hono } from "hono";
import { z } from "zod";
import type { History, StoredEvent } from "../core/ports/history.ts";
import type { HistoryView } from "../core/protocol/frames.ts";
import { roomName } from "../core/protocol/identifiers.ts";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import type { Redaction } from "../core/protocol/redaction.ts";
import { ownerOfAny } from "../core/protocol/room-name.ts";
import { parseTime } from "../core/protocol/time.ts";
import type { Operation } from "./operation.ts";
import { pageAfter } from "./page-after.ts";
import { pageLimit } from "./page-limit.ts";
import { check, invalid, Problem } from "./problem.ts";
import { userRoomName } from "./room-filter.ts";
import { ownerOf, roomOf } from "./room-param.ts";

const page = z.object({
  limit: pageLimit(50),
  before: z.string().optional(),
  after: z.string().optional(),
});
const params = { room: roomName };

export const messageOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/rooms/{room}/messages" },
    summary:
      "Lists the messages of a room as its contract shows them, oldest first, before or after a message's id; in atomic also before a time.",
    ...{ params, query: page, problems: [400, 404] },
    answers: { 200: z.object({ messages: z.array(z.unknown()), hasMore: z.boolean() }) },
  },
  {
    ...{ method: "delete", path: "/v1/rooms/{room}/messages/{id}" },
    summary: "Redacts a message: removes its text and keeps its place, id, time and sender.",
    params: { room: z.union([roomName, userRoomName]), id: z.string() },
    ...{ answers: { 204: null }, problems: [400, 404, 503] },
  },
];

export interface MessageDependencies {
  readonly history: History;
  readonly protocols: readonly AnyProtocol[];
  /** Resolves when the message has lost its text. */
  redact(room: string, redaction: Redaction): Promise<void>;
}

/** The history of rooms, for backends. */
export function messageRoutes(deps: MessageDependencies): Hono {
  const app = new Hono();

  app.get("/:room/messages", (c) => {
    const { room, owner } = roomOf(deps.protocols, c);
    const { limit, before, after } = check(page, c.req.query());
    if (before !== undefined && after !== undefined) {
      throw invalid("after", "must not be given together with before");
    }
    const view = owner.historyView;
    if (!view) return c.json({ messages: [], hasMore: false });
    const { kind } = view;
    const shown = (events: readonly StoredEvent[]) => (owner.again?.(room, events) ?? events).map(view.show);
    if (after !== undefined) {
      const offset = view.find(deps.history, room, after);
      if (offset === undefined) throw invalid("after", "must be the id of a message of this room");
      const found = pageAfter(deps.history, room, { kind, after: offset, limit: limit + 1 });
      return c.json({ messages: shown(found.slice(0, limit)), hasMore: found.length > limit });
    }
    const end = before === undefined ? Number.MAX_SAFE_INTEGER : offsetOf(deps.history, room, before, view);
    const found = deps.history.page(room, { kind, limit: limit + 1, before: end });
    return c.json({ messages: shown(found.slice(-limit)), hasMore: found.length > limit });
  });

  app.delete("/:room/messages/:id", async (c) => {
    const name = c.req.param("room");
    // Copies in the inboxes of users are redacted too. Inboxes belong to a contract, but nobody can join them.
    const isInbox = !ownerOf(deps.protocols, name) && ownerOfAny(deps.protocols, name) !== undefined;
    const room = isInbox ? name : roomOf(deps.protocols, c).room;
    const id = c.req.param("id");
    const view = ownerOfAny(deps.protocols, room)?.historyView;
    const offset = (view?.findToRedact ?? view?.find)?.(deps.history, room, id);
    if (offset === undefined) throw new Problem(404, `The history of ${room} has no message ${id}`);
    await deps.redact(room, { offset, id });
    return c.body(null, 204);
  });
  return app;
}

/**
 * The offset before which a page ends: that of a message, or of a time. Imported messages show times of their own, which
 * do not say where the messages are; a contract that has such messages has no `findTime`.
 */
function offsetOf(history: History, room: string, before: string, view: HistoryView): number {
  const offset = view.find(history, room, before);
  if (offset !== undefined) return offset;
  const time = parseTime(before);
  const timeOffset = time === undefined ? undefined : view.findTime?.(history, room, time);
  if (timeOffset !== undefined) return timeOffset;
  throw invalid(
    "before",
    view.findTime
      ? "must be the id of a message of this room, or a time"
      : "must be the id of a message of this room: its messages show times of their own, so a time does not say where they are",
  );
}
