import { Hono } from "hono";
import { z } from "zod";
import type { Operation } from "./operation.ts";

/** `asyncapi` or `openapi` with its version, and the rest of the document. */
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
  {
    ...{ method: "get", path: "/docs", summary: "Both descriptions as a page for people." },
    answers: { 200: "text/html" },
  },
];

export interface DescriptionDependencies {
  /** JSON text. */
  asyncapi(): string;
  openapi(): string;
  /** HTML of both descriptions, for people. */
  page(): string;
  /** The Content-Security-Policy of the page. */
  readonly policy: string;
}

/** The server's description of itself, open to all. */
export function descriptionRoutes(deps: DescriptionDependencies): Hono {
  const app = new Hono();
  const json = { "content-type": "application/json" };
  app.get("/asyncapi.json", (c) => c.body(deps.asyncapi(), 200, json));
  app.get("/openapi.json", (c) => c.body(deps.openapi(), 200, json));
  app.get("/docs", (c) =>
    c.body(deps.page(), 200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": deps.policy,
    }),
  );
  return app;
}
