import { Hono } from "hono";

export interface DescriptionDoor {
  /** As JSON text. */
  asyncapi(): string;
}

/** What the server says of itself, open to all. */
export function descriptionRoutes(door: DescriptionDoor): Hono {
  const app = new Hono();
  const json = { "content-type": "application/json" };
  app.get("/asyncapi.json", (c) => c.body(door.asyncapi(), 200, json));
  return app;
}
