import { Hono } from "hono";
import { z } from "zod";
import type { Connection } from "../core/outbound/connection.ts";
import { kindOf } from "../core/protocol/room-name.ts";
import { type Gathered, maybeOn, warn } from "./nodes.ts";
import type { Operation } from "./operation.ts";
import { pageLimit } from "./page-limit.ts";
import { check, invalid, Problem } from "./problem.ts";

/** Characters of what one node answers: it must fit into one message to another node. */
const MAX_ANSWER = 2 * 1_048_576;
const page = z.object({
  limit: pageLimit(100),
  after: z.string().optional(),
  node: z.string().optional(),
});

// Also the fields that the connection's protocol describes.
const connection = z.looseObject({
  id: z.string(),
  protocol: z.string(),
  userId: z.string().nullable(),
  address: z.string(),
  connectedAt: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
  rooms: z.array(z.string()),
  unsentBytes: z.int(),
  /** Of several nodes, the one that has it. */
  node: z.string().optional(),
});
const answer = z.object({ connections: z.array(connection), hasMore: z.boolean() });

export const connectionOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/connections", summary: "Lists the open connections." },
    ...{ query: page, answers: { 200: answer }, problems: [400, 503] },
  },
  {
    ...{ method: "delete", path: "/v1/connections/{id}", summary: "Closes a connection with code 1008." },
    ...{ answers: { 204: null }, problems: [404, 503] },
  },
];

export interface PageRequest {
  readonly limit: number;
  /** The id of the connection before the first. */
  readonly after?: string | undefined;
}

/** The connections of one node in the order in which they were opened. */
export interface ConnectionPage {
  /** It has the connection after which the page begins. */
  readonly hasAfter: boolean;
  readonly connections: readonly z.output<typeof connection>[];
  readonly hasMore: boolean;
}

export interface ConnectionDependencies {
  /** Names of the live nodes; undefined where there is one alone. */
  nodes(): readonly string[] | undefined;
  /** Asks all nodes, or the one of this name. */
  pages(request: PageRequest, node?: string): Promise<Gathered<ConnectionPage>>;
  /** Of each node, whether it had the connection, which it has closed. */
  close(id: string): Promise<Gathered<boolean>>;
}

/** Open connections, for operators. */
export function connectionRoutes(deps: ConnectionDependencies): Hono {
  const app = new Hono();
  app.get("/", async (c) => {
    const { node, ...request } = check(page, c.req.query());
    const nodes = deps.nodes();
    if (node !== undefined && !nodes?.includes(node)) {
      const message = nodes
        ? `must be the name of a live node: ${nodes.join(", ")}`
        : "must not be given: this server is not one of several nodes";
      throw invalid("node", message);
    }
    const { answers, silent } = await deps.pages(request, node);
    const found = merge(answers, request);
    if (!found) {
      const message = "must be the id of a connection that is still open";
      throw maybeOn(silent, invalid("after", message));
    }
    warn(c, silent);
    const connections = nodes
      ? found.connections.map(({ node, connection }) => ({ ...connection, node }))
      : found.connections.map(({ connection }) => connection);
    return c.json({ connections, hasMore: found.hasMore });
  });
  app.delete("/:id", async (c) => {
    const id = c.req.param("id");
    const { answers, silent } = await deps.close(id);
    if (!answers.some(({ answer }) => answer))
      throw maybeOn(silent, new Problem(404, `There is no connection ${id}`));
    return c.body(null, 204);
  });
  return app;
}

/** One page of all nodes, by their names; undefined when none of them has the connection before it. */
function merge(answers: Gathered<ConnectionPage>["answers"], { after, limit }: PageRequest) {
  const byName = answers.toSorted((one, other) => (one.node < other.node ? -1 : 1));
  const start = after === undefined ? 0 : byName.findIndex(({ answer }) => answer.hasAfter);
  if (start < 0) return undefined;
  const connections: { readonly node: string; readonly connection: z.output<typeof connection> }[] = [];
  for (const [at, { node, answer }] of byName.entries()) {
    if (at < start) continue;
    const room = limit - connections.length;
    connections.push(...answer.connections.slice(0, room).map((connection) => ({ node, connection })));
    if (answer.connections.length > room || answer.hasMore) return { connections, hasMore: true };
  }
  return { connections, hasMore: false };
}

/** What one node answers. */
export function pageOf(open: Iterable<Connection>, { limit, after }: PageRequest): ConnectionPage {
  const all = [...open];
  const last = after === undefined ? -1 : all.findIndex(({ id }) => id === after);
  const connections: z.output<typeof connection>[] = [];
  let length = 0;
  for (const one of all.slice(last + 1, last + 1 + limit)) {
    const described = describe(one);
    length += JSON.stringify(described).length;
    if (length > MAX_ANSWER && connections.length > 0) break;
    connections.push(described);
  }
  const hasMore = last + 1 + connections.length < all.length;
  return { hasAfter: last >= 0, connections, hasMore };
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
