import { Hono } from "hono";
import { isOwnOrigin } from "../core/inbound/origin.ts";
import { type ClusterDependencies, clusterRoutes } from "./cluster.ts";
import { type ConnectionDependencies, connectionRoutes } from "./connections.ts";
import { devTokenRoutes, type MakeToken } from "./dev-token.ts";
import { eventRoutes, type PostEvents } from "./events.ts";
import { type FeedDependencies, feedRoutes } from "./feed.ts";
import { type MetricsDependencies, metricsRoutes } from "./metrics.ts";
import { Problem } from "./problem.ts";

export interface DevDependencies {
  /** Absent where tokens come from elsewhere. */
  readonly makeToken: MakeToken | undefined;
  readonly metrics: MetricsDependencies;
  readonly connections: ConnectionDependencies;
  readonly cluster: ClusterDependencies;
  readonly feed: FeedDependencies;
}

/**
 * Routes that the console needs without an API key, outside production: a user who can get any user's token
 * may as well post events. Pages of other sites are refused, because a browser would let them post here
 * without asking.
 */
export function devRoutes(deps: DevDependencies, post: PostEvents): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const origin = c.req.header("origin");
    if (origin === undefined || isOwnOrigin(origin, new URL(c.req.url))) return next();
    return new Problem(
      403,
      "Pages of other sites may not use this route: call it from this server's own pages",
    ).response();
  });
  if (deps.makeToken) app.route("/token", devTokenRoutes(deps.makeToken));
  app.route("/metrics", metricsRoutes(deps.metrics));
  app.route("/connections", connectionRoutes(deps.connections));
  app.route("/cluster", clusterRoutes(deps.cluster));
  app.route(
    "/feed",
    feedRoutes(deps.feed, () => undefined),
  );
  app.route("/", eventRoutes(post));
  return app;
}
