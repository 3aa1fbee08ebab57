import { Hono } from "hono";

export interface MetricsDoor {
  /** In the text format of Prometheus. */
  exposition(): string;
  /** ConnectionMetrics of diet-game.md, Monitoring. */
  summary(): object;
}

/** `GET /metrics`, open to all. */
export function exposition(door: MetricsDoor): Hono {
  const app = new Hono();
  const headers = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
  app.get("/", (c) => c.body(door.exposition(), 200, headers));
  return app;
}

/** The same in short, for backends. */
export function metricsRoutes(door: MetricsDoor): Hono {
  const app = new Hono();
  app.get("/", (c) => c.json(door.summary()));
  return app;
}
