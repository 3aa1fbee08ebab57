import { Hono } from "hono";
import { Refusal } from "../core/refusal.ts";
import { requireApiKey } from "./api-keys.ts";
import { limitBody } from "./body-limit.ts";
import { type ConnectionDoor, connectionOperations, connectionRoutes } from "./connections.ts";
import { type ConsoleSettings, consoleRoutes } from "./console.ts";
import { type DescriptionDoor, descriptionOperations, descriptionRoutes } from "./description.ts";
import { devRoutes } from "./dev.ts";
import type { MakeToken } from "./dev-token.ts";
import { type ErrorDoor, errorOperations, errorRoutes } from "./errors.ts";
import { type EventDoor, eventOperations, eventRoutes } from "./events.ts";
import { type Condition, health, healthOperations } from "./health.ts";
import { exposition, type MetricsDoor, metricsOperations, metricsRoutes } from "./metrics.ts";
import type { Operation } from "./operation.ts";
import { Problem } from "./problem.ts";
import { type RoomDoor, roomOperations, roomRoutes } from "./rooms.ts";
import { type UserDoor, userOperations, userRoutes } from "./users.ts";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Every route, as it is described. */
export const operations: readonly Operation[] = [
  ...healthOperations,
  ...metricsOperations,
  ...descriptionOperations,
  ...eventOperations,
  ...roomOperations,
  ...userOperations,
  ...connectionOperations,
  ...errorOperations,
];

export interface HttpParts {
  readonly apiKeys: readonly string[];
  readonly rooms: RoomDoor;
  readonly users: UserDoor;
  readonly connections: ConnectionDoor;
  readonly events: EventDoor;
  readonly metrics: MetricsDoor;
  readonly errors: ErrorDoor;
  readonly description: DescriptionDoor;
  readonly console: ConsoleSettings;
  /** Absent where tokens come from elsewhere. */
  readonly makeToken: MakeToken | undefined;
  condition(): Condition;
  failed(error: unknown): void;
}

/** Everything that is not a WebSocket. One authorization step for all of `/v1`. */
export function createHttpApp(parts: HttpParts): Hono {
  const app = new Hono();
  app.notFound((c) => new Problem(404, `Nothing is at ${c.req.path}`).respond(c));
  app.onError((error, c) => {
    if (error instanceof Problem) return error.respond(c);
    if (error instanceof Refusal) return new Problem(503, "Not stored; try again").respond(c);
    parts.failed(error);
    return new Problem(500, "The server failed; its log says more").respond(c);
  });
  app.route("/", health(parts.condition));
  app.route("/metrics", exposition(parts.metrics));
  app.route("/", descriptionRoutes(parts.description));
  app.use("/v1/*", requireApiKey(parts.apiKeys));
  app.use("/v1/*", limitBody(MAX_BODY_BYTES));
  app.route("/v1/rooms", roomRoutes(parts.rooms));
  app.route("/v1/users", userRoutes(parts.users));
  app.route("/v1/connections", connectionRoutes(parts.connections));
  app.route("/v1/metrics", metricsRoutes(parts.metrics));
  app.route("/v1/errors", errorRoutes(parts.errors));
  app.route("/v1", eventRoutes(parts.events));
  app.route("/", consoleRoutes(parts.console));
  if (!parts.console.production) {
    app.use("/dev/*", limitBody(MAX_BODY_BYTES));
    app.route("/dev", devRoutes(parts));
  }
  return app;
}
