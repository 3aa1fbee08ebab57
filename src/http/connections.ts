import { Hono } from "hono";
import { z } from "zod";
import type { Connection } from "../core/outbound/connection.ts";
import { kindOf } from "../core/protocol/room-name.ts";
import type { Operation } from "./operation.ts";
import { check, Problem } from "./problem.ts";

const MAX_PAGE = 1_000;
const limits = `must be 1 to ${MAX_PAGE}`;
const page = z.object({
  limit: z.coerce.number(limits).int(limits).min(1, limits).max(MAX_PAGE, limits).default(100),
  after: z.string().optional(),
});

const answer = z.object({
  connections: z.array(
    // Also the fields that the connection's protocol describes.
    z.looseObject({
      id: z.string(),
      protocol: z.string(),
      userId: z.string().nullable(),
      address: z.string(),
      connectedAt: z.iso.datetime(),
      lastSeen: z.iso.datetime(),
      rooms: z.array(z.string()),
      unsentBytes: z.int(),
    }),
  ),
  hasMore: z.boolean(),
});

export const connectionOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/connections", summary: "Lists the open connections." },
    ...{ query: page, answers: { 200: answer }, problems: [400] },
  },
  {
    ...{ method: "delete", path: "/v1/connections/{id}", summary: "Closes a connection with code 1008." },
    ...{ answers: { 204: null }, problems: [404] },
  },
];

export interface ConnectionDoor {
  all(): Iterable<Connection>;
}

/** Open connections, for operators. */
export function connectionRoutes(door: ConnectionDoor): Hono {
  const app = new Hono();
  app.get("/", (c) => {
    const { limit, after } = check(page, c.req.query());
    const all = [...door.all()];
    const last = all.findIndex(({ id }) => id === after);
    if (after !== undefined && last === -1) {
      throw new Problem(400, "The request is not valid", [
        { path: "after", message: "must be the id of a connection that is still open" },
      ]);
    }
    const start = last + 1;
    const connections = all.slice(start, start + limit).map(describe);
    return c.json({ connections, hasMore: start + limit < all.length });
  });
  app.delete("/:id", (c) => {
    const id = c.req.param("id");
    const connection = [...door.all()].find((one) => one.id === id);
    if (!connection) throw new Problem(404, `There is no connection ${id}`);
    connection.close(1008, "Closed by the server");
    return c.body(null, 204);
  });
  return app;
}

const iso = (time: number) => new Date(time).toISOString();

function describe(connection: Connection) {
  const { id, protocol, identity, address, openedAt, lastSeen, rooms, state } = connection;
  return {
    id,
    protocol: protocol.name,
    userId: identity?.userId ?? null,
    address,
    connectedAt: iso(openedAt),
    lastSeen: iso(lastSeen),
    // Rooms of the protocol's or the core's own are left out: no backend can ask for them.
    rooms: [...rooms].filter((room) => protocol.roomKinds.includes(kindOf(room)) && !room.includes(" ")),
    unsentBytes: connection.unsent(),
    ...protocol.describe?.(state),
  };
}
