import { type Context, Hono } from "hono";
import { z } from "zod";
import { id, roomName } from "../core/protocol/identifiers.ts";
import { readBody } from "./body.ts";
import type { Operation } from "./operation.ts";
import { pageLimit } from "./page-limit.ts";
import { check } from "./problem.ts";
import { roomOf } from "./room-param.ts";
import type { RoomDependencies } from "./rooms.ts";
import { textField } from "./text-field.ts";

const page = z.object({ limit: pageLimit(50), after: z.string().default("") });
const membership = z.object({ role: textField(64).optional() });
const member = z.object({ userId: id, role: z.string().nullable() });
const params = { room: roomName };

export const memberOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/rooms/{room}/members" },
    summary: "Lists the members of a room by user id.",
    ...{ params, query: page, problems: [400, 404] },
    answers: { 200: z.object({ members: z.array(member), hasMore: z.boolean() }) },
  },
  {
    ...{ method: "put", path: "/v1/rooms/{room}/members/{userId}", summary: "Makes a user a member." },
    ...{ params: { ...params, userId: id }, body: membership, problems: [400, 404, 503] },
    answers: { 200: member.extend({ room: roomName }) },
  },
  {
    ...{ method: "delete", path: "/v1/rooms/{room}/members/{userId}", summary: "Ends a user's membership." },
    ...{ params: { ...params, userId: id }, answers: { 204: null }, problems: [400, 404, 503] },
  },
];

export interface MemberDependencies extends Pick<RoomDependencies, "protocols" | "record"> {
  membersOf(room: string, after: string, limit: number): readonly { userId: string; role: string | null }[];
}

/** The members of rooms, for backends. */
export function memberRoutes(deps: MemberDependencies): Hono {
  const app = new Hono();
  const roomIn = (c: Context<object, "/:room">) => roomOf(deps.protocols, c).room;
  const userIn = (c: Context<object, "/:room/members/:userId">) =>
    check(z.object({ userId: id }), { userId: c.req.param("userId") }).userId;

  app.get("/:room/members", (c) => {
    const { limit, after } = check(page, c.req.query());
    const found = deps.membersOf(roomIn(c), after, limit + 1);
    return c.json({ members: found.slice(0, limit), hasMore: found.length > limit });
  });
  app.put("/:room/members/:userId", async (c) => {
    const room = roomIn(c);
    const userId = userIn(c);
    const { role = null } = await readBody(c, membership);
    await deps.record(room, "member", { userId, role });
    return c.json({ room, userId, role });
  });
  app.delete("/:room/members/:userId", async (c) => {
    await deps.record(roomIn(c), "member.removed", { userId: userIn(c) });
    return c.body(null, 204);
  });
  return app;
}
