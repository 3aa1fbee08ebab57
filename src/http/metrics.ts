import { Hono } from "hono";
import { z } from "zod";
import type { Operation } from "./operation.ts";

/** ConnectionMetrics of diet-game.md, Monitoring. */
const summary = z.object({
  activeConnections: z.int(),
  totalConnections: z.int(),
  messagesPerSecond: z.number(),
  averageLatency: z.number(),
  errorRate: z.number(),
  uptime: z.number(),
});

export const metricsOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/metrics", summary: "All metrics, for Prometheus." },
    answers: { 200: "text/plain" },
  },
  {
    ...{
      method: "get",
      path: "/v1/metrics",
      summary: "Summary of the connections; rates cover the last minute.",
    },
    answers: { 200: summary },
  },
];

export interface MetricsDependencies {
  /** In the text format of Prometheus. */
  exposition(): string;
  summary(): z.output<typeof summary>;
}

/** `GET /metrics`, open to all. */
export function exposition(deps: MetricsDependencies): Hono {
  const app = new Hono();
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  app.get("/", (c) => c.body(deps.exposition(), 200, headers));
  return app;
}

/** The summary, for backends. */
export function metricsRoutes(deps: MetricsDependencies): Hono {
  const app = new Hono();
  app.get("/", (c) => c.json(deps.summary()));
  return app;
}
