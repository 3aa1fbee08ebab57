import { type Context, Hono } from "hono";
import { z } from "zod";
import type { RoomEntries } from "../core/log/room-entries.ts";
import type { History } from "../core/ports/history.ts";
import type { HistoryView } from "../core/protocol/frames.ts";
import { id, roomName } from "../core/protocol/identifiers.ts";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import type { Redaction } from "../core/protocol/redaction.ts";
import { kindOf, ownerOfAny } from "../core/protocol/room-name.ts";
import { cleanText } from "../core/protocol/text.ts";
import { parseTime } from "../core/protocol/time.ts";
import { readBody } from "./body.ts";
import { type Gathered, warn } from "./nodes.ts";
import type { Operation } from "./operation.ts";
import { pageAfter } from "./page-after.ts";
import { check, Problem } from "./problem.ts";

const MAX_PAGE = 1_000;

const text = (maxLength: number) =>
  z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .refine((text) => text.isWellFormed(), "must not have lone surrogates")
    .transform(cleanText);
const settings = z.object({ title: text(200).nullable().optional(), open: z.boolean().optional() });
const membership = z.object({ role: text(64).optional() });
const limit = z.coerce
  .number(`must be 1 to ${MAX_PAGE}`)
  .int(`must be 1 to ${MAX_PAGE}`)
  .min(1, `must be 1 to ${MAX_PAGE}`)
  .max(MAX_PAGE, `must be 1 to ${MAX_PAGE}`)
  .default(50);
const messagePage = z.object({ limit, before: z.string().optional(), after: z.string().optional() });
const roomPage = z.object({ limit, after: z.string().default(""), kind: z.string().optional() });
const memberPage = z.object({ limit, after: z.string().default("") });

const answer = z.object({ room: roomName, title: z.string().nullable(), open: z.boolean() });
const member = z.object({ userId: id, role: z.string().nullable() });
const params = { room: roomName };

const listed = answer.extend({
  messageCount: z.int(),
  online: z.int(),
  /** When the last event was stored. */
  lastActivity: z.iso.datetime().nullable(),
});

export const roomOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/rooms", summary: "Lists the rooms by name." },
    ...{ query: roomPage, problems: [400] },
    answers: { 200: z.object({ rooms: z.array(listed), hasMore: z.boolean() }) },
  },
  {
    ...{
      method: "put",
      path: "/v1/rooms/{room}",
      summary: "Sets a room's title, or opens the room to every user.",
    },
    ...{ params, body: settings, answers: { 200: answer }, problems: [400, 404, 503] },
  },
  {
    ...{ method: "get", path: "/v1/rooms/{room}", summary: "Describes a room." },
    ...{ params, problems: [400, 404] },
    answers: { 200: answer.extend({ messageCount: z.int(), online: z.int() }) },
  },
  {
    ...{ method: "delete", path: "/v1/rooms/{room}", summary: "Removes a room and everything in it." },
    ...{ params, answers: { 204: null }, problems: [400, 404, 503] },
  },
  {
    ...{
      method: "get",
      path: "/v1/rooms/{room}/members",
      summary: "Lists the members of a room by user id.",
    },
    ...{ params, query: memberPage, problems: [400, 404] },
    answers: { 200: z.object({ members: z.array(member), hasMore: z.boolean() }) },
  },
  {
    ...{ method: "put", path: "/v1/rooms/{room}/members/{userId}", summary: "Makes a user a member." },
    ...{ params: { ...params, userId: id }, body: membership, problems: [400, 404, 503] },
    answers: { 200: member.extend({ room: roomName }) },
  },
  {
    ...{ method: "delete", path: "/v1/rooms/{room}/members/{userId}", summary: "Ends a user's membership." },
    ...{ params, answers: { 204: null }, problems: [400, 404, 503] },
  },
  {
    ...{ method: "get", path: "/v1/rooms/{room}/messages" },
    summary:
      "The messages of a room as its contract shows them, oldest first: those before or after a message's id, and in atomic also before a time.",
    ...{ params, query: messagePage, problems: [400, 404] },
    answers: { 200: z.object({ messages: z.array(z.unknown()), hasMore: z.boolean() }) },
  },
  {
    ...{ method: "delete", path: "/v1/rooms/{room}/messages/{id}" },
    summary: "Takes a message back: its text goes, and its place, id, time and sender stay.",
    ...{ params: { ...params, id: z.string() }, answers: { 204: null }, problems: [400, 404, 503] },
  },
];

export interface RoomDependencies {
  readonly history: History;
  readonly protocols: readonly AnyProtocol[];
  /**
   * The title and access that a backend has set; undefined for a room that nobody has named or written to.
   */
  room(room: string): { readonly title: string | null; readonly open: boolean } | undefined;
  /** Rooms of these kinds by name, after this name; at most `limit` of them. */
  roomsAfter(
    kinds: readonly string[],
    after: string,
    limit: number,
  ): readonly { readonly room: string; readonly title: string | null; readonly open: boolean }[];
  membersOf(room: string, after: string, limit: number): readonly { userId: string; role: string | null }[];
  /** How many connections are in each of these rooms now, on each node. */
  online(rooms: readonly string[]): Promise<Gathered<readonly number[]>>;
  /** Resolves when the entry is committed and applied. */
  record<K extends keyof RoomEntries>(room: string, kind: K, body: RoomEntries[K]): Promise<void>;
  /** Resolves when the message has lost its text. */
  redact(room: string, redaction: Redaction): Promise<void>;
}

/** Rooms, their members and their history, for backends. */
export function roomRoutes(
  deps: RoomDependencies,
  contractsOf: (request: Request) => readonly string[] | undefined,
): Hono {
  const app = new Hono();

  const ownerOf = (room: string) => deps.protocols.find(({ roomKinds }) => roomKinds.includes(kindOf(room)));
  const isUserRoom = (room: string) =>
    ownerOf(room) === undefined && ownerOfAny(deps.protocols, room) !== undefined;
  const named = (c: Context<object, "/:room">): string => {
    const room = c.req.param("room");
    const kinds = deps.protocols.flatMap(({ roomKinds }) => roomKinds);
    const owner = ownerOf(room);
    if (!owner)
      throw new Problem(
        404,
        `No contract has rooms of this kind: rooms are ${kinds.map((kind) => `${kind}:<id>`).join(", ")}`,
      );
    const name = roomName.superRefine((room, { addIssue }) => {
      const why = owner.reserved?.(room);
      if (why !== undefined) addIssue({ code: "custom", message: why });
    });
    check(z.object({ room: name }), { room });
    return room;
  };
  const known = (c: Context<object, "/:room">) => {
    const room = named(c);
    const stored = deps.room(room);
    if (!stored) throw new Problem(404, `There is no room ${room}`);
    return { room, ...stored };
  };

  /** Of all nodes together. */
  async function online(c: Context, rooms: readonly string[]): Promise<readonly number[]> {
    const { answers, silent } = await deps.online(rooms);
    warn(c, silent);
    return rooms.map((_, at) => answers.reduce((sum, { answer }) => sum + answer[at]!, 0));
  }

  app.get("/", async (c) => {
    const { limit, after, kind } = check(roomPage, c.req.query());
    const allowed = contractsOf(c.req.raw);
    const kinds = deps.protocols.flatMap(({ roomKinds }) => roomKinds);
    if (kind !== undefined && !kinds.includes(kind)) {
      const message = `must be a kind of room: ${kinds.join(", ")}`;
      throw new Problem(400, "The request is not valid", [{ path: "kind", message }]);
    }
    const readable = deps.protocols
      .filter(({ name }) => allowed === undefined || allowed.includes(name))
      .flatMap(({ roomKinds }) => roomKinds)
      .filter((one) => kind === undefined || one === kind);
    const found = deps.roomsAfter(readable, after, limit + 1);
    const shown = found.slice(0, limit);
    const counts = await online(
      c,
      shown.map(({ room }) => room),
    );
    const rooms = shown.map((one, at) => {
      const last = deps.history.last(one.room);
      return {
        ...one,
        messageCount: deps.history.summary(one.room).count,
        online: counts[at],
        lastActivity: last ? new Date(last.time).toISOString() : null,
      };
    });
    return c.json({ rooms, hasMore: found.length > limit });
  });

  app.put("/:room", async (c) => {
    const room = named(c);
    const { title, open } = await readBody(c, settings);
    await deps.record(room, "room", {
      ...(title === undefined ? {} : { title }),
      ...(open === undefined ? {} : { open }),
    });
    return c.json({ room, ...deps.room(room) });
  });
  app.get("/:room", async (c) => {
    const { room, title, open } = known(c);
    const { count } = deps.history.summary(room);
    const [connections] = await online(c, [room]);
    return c.json({ room, title, open, messageCount: count, online: connections });
  });
  app.delete("/:room", async (c) => {
    await deps.record(known(c).room, "room.removed", {});
    return c.body(null, 204);
  });

  app.get("/:room/members", (c) => {
    const { limit, after } = check(memberPage, c.req.query());
    const found = deps.membersOf(named(c), after, limit + 1);
    return c.json({ members: found.slice(0, limit), hasMore: found.length > limit });
  });
  app.put("/:room/members/:userId", async (c) => {
    const room = named(c);
    const { userId } = check(z.object({ userId: id }), { userId: c.req.param("userId") });
    const { role = null } = await readBody(c, membership);
    await deps.record(room, "member", { userId, role });
    return c.json({ room, userId, role });
  });
  app.delete("/:room/members/:userId", async (c) => {
    await deps.record(named(c), "member.removed", { userId: c.req.param("userId") });
    return c.body(null, 204);
  });

  app.get("/:room/messages", (c) => {
    const room = named(c);
    const { limit, before, after } = check(messagePage, c.req.query());
    if (before !== undefined && after !== undefined) {
      const message = "must not be given together with before";
      throw new Problem(400, "The request is not valid", [{ path: "after", message }]);
    }
    const past = ownerOf(room)?.historyView;
    if (!past) return c.json({ messages: [], hasMore: false });
    if (after !== undefined) {
      const offset = past.find(deps.history, room, after);
      if (offset === undefined) {
        const message = "must be the id of a message of this room";
        throw new Problem(400, "The request is not valid", [{ path: "after", message }]);
      }
      const found = pageAfter(deps.history, room, { kind: past.kind, after: offset, limit: limit + 1 });
      return c.json({ messages: found.slice(0, limit).map(past.show), hasMore: found.length > limit });
    }
    const end = before === undefined ? Number.MAX_SAFE_INTEGER : offsetOf(deps.history, room, before, past);
    const found = deps.history.page(room, { kind: past.kind, limit: limit + 1, before: end });
    return c.json({ messages: found.slice(-limit).map(past.show), hasMore: found.length > limit });
  });
  app.delete("/:room/messages/:id", async (c) => {
    // What stands in the inboxes of users is redacted too, though it is no room's history.
    const room = isUserRoom(c.req.param("room")) ? c.req.param("room") : named(c);
    const id = c.req.param("id");
    const view = ownerOfAny(deps.protocols, room)?.historyView;
    const offset = (view?.findToRedact ?? view?.find)?.(deps.history, room, id);
    if (offset === undefined) throw new Problem(404, `The history of ${room} has no message ${id}`);
    await deps.redact(room, { offset, id });
    return c.body(null, 204);
  });
  return app;
}

/** Pages go by what a reader sees. Where messages show times of their own, such as imported ones, those say nothing of their place. */
function offsetOf(history: History, room: string, before: string, past: HistoryView): number {
  const offset = past.find(history, room, before);
  if (offset !== undefined) return offset;
  const time = parseTime(before);
  const place = time === undefined ? undefined : past.findTime?.(history, room, time);
  if (place !== undefined) return place;
  const message = past.findTime
    ? "must be the id of a message of this room, or a time"
    : "must be the id of a message of this room: its messages show times of their own, so a time says nothing of their place";
  throw new Problem(400, "The request is not valid", [{ path: "before", message }]);
}
