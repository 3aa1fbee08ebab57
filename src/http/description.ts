import { Hono } from "hono";
import { z } from "zod";
import type { Operation } from "./operation.ts";

/** `asyncapi` or `openapi`, its version, and the rest of it. */
const described = z.looseObject({});

export const descriptionOperations: readonly Operation[] = [
  {
    ...{
      method: "get",
      path: "/asyncapi.json",
      summary: "Every message of every contract, as AsyncAPI 3.0.",
    },
    answers: { 200: described },
  },
  {
    ...{ method: "get", path: "/openapi.json", summary: "This description, as OpenAPI 3.1." },
    answers: { 200: described },
  },
];

export interface DescriptionDoor {
  /** As JSON text. */
  asyncapi(): string;
  openapi(): string;
}

/** What the server says of itself, open to all. */
export function descriptionRoutes(door: DescriptionDoor): Hono {
  const app = new Hono();
  const json = { "content-type": "application/json" };
  app.get("/asyncapi.json", (c) => c.body(door.asyncapi(), 200, json));
  app.get("/openapi.json", (c) => c.body(door.openapi(), 200, json));
  return app;
}
