import { Hono } from "hono";
import { z } from "zod";
import { warn } from "./nodes.ts";
import type { Operation } from "./operation.ts";
import { Problem } from "./problem.ts";

const log = z.object({
  id: z.string(),
  /** Server that orders the log; null while there is none. */
  leader: z.string().nullable(),
  /** The other servers that keep it. */
  replicas: z.array(z.object({ name: z.string(), current: z.boolean(), behind: z.int() })),
  first: z.int(),
  last: z.int(),
  bytes: z.int(),
  maxBytes: z.int(),
});

const node = z.object({
  name: z.string(),
  ready: z.boolean(),
  /** Why it is not ready. */
  reason: z.string().nullable(),
  /** What should be mended although the node is ready, such as settings that differ from those of other nodes. */
  warning: z.string().nullable(),
  /** Null for a node that gave no answer; so are the next ones. */
  version: z.string().nullable(),
  uptime: z.number().nullable(),
  connections: z.int().nullable(),
  lagSeconds: z.number().nullable(),
  /** What it had applied at its last heartbeat, or has applied now, and the hash of all events up to there. */
  position: z.int(),
  hash: z.string(),
  /** The newest format of entries that it writes. */
  writeLevel: z.int(),
  /** Work that this node does for all. */
  leases: z.array(z.string()),
});

const answer = z.object({
  cluster: z.string(),
  /** Null while no server of the log answers. */
  log: log.nullable(),
  nodes: z.array(node),
});

export type LogServers = z.output<typeof log>;
export type NodeState = z.output<typeof node>;
export type ClusterState = z.output<typeof answer>;

export const clusterOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/cluster" },
    summary: "The nodes and the log that they share. 404 on a single server.",
    ...{ answers: { 200: answer }, problems: [404] },
  },
];

export interface ClusterDependencies {
  /** Resolves with the names of nodes that gave no answer; undefined where one server is alone. */
  state(): Promise<{ readonly state: ClusterState; readonly silent: readonly string[] } | undefined>;
}

/** Several nodes, for operators. */
export function clusterRoutes(deps: ClusterDependencies): Hono {
  const app = new Hono();
  app.get("/", async (c) => {
    const found = await deps.state();
    if (!found) throw new Problem(404, "This server is not one of several nodes: LOG_URL is not set");
    warn(c, found.silent);
    return c.json(found.state);
  });
  return app;
}
