import { type Context, Hono } from "hono";
import { z } from "zod";
import type { RoomEntries } from "../core/log/room-entries.ts";
import type { History } from "../core/ports/history.ts";
import { roomName } from "../core/protocol/identifiers.ts";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import { kindOf } from "../core/protocol/room-name.ts";
import { readBody } from "./body.ts";
import { type Gathered, maybeOn, warn } from "./nodes.ts";
import type { Operation } from "./operation.ts";
import { pageLimit } from "./page-limit.ts";
import { check, invalid, Problem } from "./problem.ts";
import { roomOf } from "./room-param.ts";
import { textField } from "./text-field.ts";

const settings = z.object({ title: textField(200).nullable().optional(), open: z.boolean().optional() });
const page = z.object({ limit: pageLimit(50), after: z.string().default(""), kind: z.string().optional() });

const answer = z.object({ room: roomName, title: z.string().nullable(), open: z.boolean() });
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
    ...{ query: page, problems: [400] },
    answers: { 200: z.object({ rooms: z.array(listed), hasMore: z.boolean() }) },
  },
  {
    ...{ method: "put", path: "/v1/rooms/{room}" },
    summary: "Sets a room's title, or opens the room to every user.",
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
  /** How many connections are in each of these rooms now, on each node. */
  online(rooms: readonly string[]): Promise<Gathered<readonly number[]>>;
  /** Resolves when the entry is committed and applied. */
  record<K extends keyof RoomEntries>(room: string, kind: K, body: RoomEntries[K]): Promise<void>;
}

const NOBODY: Gathered<readonly number[]> = { answers: [], silent: [] };

/** Rooms, for backends. */
export function roomRoutes(
  deps: RoomDependencies,
  /** The contracts that the request may read; undefined: all. */
  contractsOf: (request: Request) => readonly string[] | undefined,
): Hono {
  const app = new Hono();

  const roomIn = (c: Context<object, "/:room">) => roomOf(deps.protocols, c).room;
  const missing = (room: string) => new Problem(404, `There is no room ${room}`);

  /** How many connections are in each room, on all nodes together. */
  async function online(c: Context, rooms: readonly string[]): Promise<readonly number[]> {
    const { answers, silent } = await deps.online(rooms);
    warn(c, silent);
    return rooms.map((_, at) => answers.reduce((sum, { answer }) => sum + answer[at]!, 0));
  }

  app.get("/", async (c) => {
    const { limit, after, kind } = check(page, c.req.query());
    const allowed = contractsOf(c.req.raw);
    const kinds = deps.protocols.flatMap(({ roomKinds }) => roomKinds);
    if (kind !== undefined && !kinds.includes(kind)) {
      throw invalid("kind", `must be a kind of room: ${kinds.join(", ")}`);
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
    const room = roomIn(c);
    const { title, open } = await readBody(c, settings);
    await deps.record(room, "room", {
      ...(title === undefined ? {} : { title }),
      ...(open === undefined ? {} : { open }),
    });
    return c.json({ room, ...deps.room(room) });
  });
  app.get("/:room", async (c) => {
    const room = roomIn(c);
    const stored = deps.room(room);
    if (!stored) throw missing(room);
    const { title, open } = stored;
    const { count } = deps.history.summary(room);
    const [connections] = await online(c, [room]);
    return c.json({ room, title, open, messageCount: count, online: connections });
  });
  app.delete("/:room", async (c) => {
    const { room, owner } = roomOf(deps.protocols, c);
    if (!deps.room(room)) {
      const isLive = owner.liveKinds?.includes(kindOf(room)) === true;
      const { answers, silent } = isLive ? await deps.online([room]) : NOBODY;
      if (!answers.some(({ answer }) => answer[0] !== 0)) throw maybeOn(silent, missing(room));
    }
    await deps.record(room, "room.removed", {});
    return c.body(null, 204);
  });
  return app;
}
