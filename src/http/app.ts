import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { requireApiKey } from "./api-keys.ts";
import { type Condition, health } from "./health.ts";
import { Problem } from "./problem.ts";
import { type RoomDoor, rooms } from "./rooms.ts";
import { type UserDoor, users } from "./users.ts";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

export interface HttpParts {
  readonly apiKeys: readonly string[];
  readonly rooms: RoomDoor;
  readonly users: UserDoor;
  condition(): Condition;
  failed(error: unknown): void;
}

/** Everything that is not a WebSocket. One authorization step for all of `/v1`. */
export function createHttpApp(parts: HttpParts): Hono {
  const app = new Hono();
  app.notFound((c) => new Problem(404, `Nothing is at ${c.req.path}`).respond(c));
  app.onError((error, c) => {
    if (error instanceof Problem) return error.respond(c);
    parts.failed(error);
    return new Problem(500, "The server failed; its log says more").respond(c);
  });
  app.route("/", health(parts.condition));
  app.use("/v1/*", requireApiKey(parts.apiKeys));
  const onError = () => {
    throw new Problem(413, `The body may have at most ${MAX_BODY_BYTES} bytes`);
  };
  app.use("/v1/*", bodyLimit({ maxSize: MAX_BODY_BYTES, onError }));
  app.route("/v1/rooms", rooms(parts.rooms));
  app.route("/v1/users", users(parts.users));
  return app;
}
