import { Hono } from "hono";
import { isOwnOrigin } from "../core/inbound/origin.ts";
import { type ClusterDoor, clusterRoutes } from "./cluster.ts";
import { type ConnectionDoor, connectionRoutes } from "./connections.ts";
import { devTokenRoutes, type MakeToken } from "./dev-token.ts";
import { eventRoutes, type PostEvents } from "./events.ts";
import { type FeedDoor, feedRoutes } from "./feed.ts";
import { type MetricsDoor, metricsRoutes } from "./metrics.ts";
import { Problem } from "./problem.ts";

export interface DevDoor {
  /** Absent where tokens come from elsewhere. */
  readonly makeToken: MakeToken | undefined;
  readonly metrics: MetricsDoor;
  readonly connections: ConnectionDoor;
  readonly cluster: ClusterDoor;
  readonly feed: FeedDoor;
}

/**
 * Routes that the console needs without an API key, outside production: a user who can get any user's token
 * may as well post events. Pages of other sites are refused, because a browser would let them post here
 * without asking.
 */
export function devRoutes(door: DevDoor, post: PostEvents): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const origin = c.req.header("origin");
    if (origin === undefined || isOwnOrigin(origin, new URL(c.req.url))) return next();
    return new Problem(
      403,
      "Pages of other sites may not use this route: call it from this server's own pages",
    ).response();
  });
  if (door.makeToken) app.route("/token", devTokenRoutes(door.makeToken));
  app.route("/metrics", metricsRoutes(door.metrics));
  app.route("/connections", connectionRoutes(door.connections));
  app.route("/cluster", clusterRoutes(door.cluster));
  app.route(
    "/feed",
    feedRoutes(door.feed, () => undefined),
  );
  app.route("/", eventRoutes(post));
  return app;
}
