import { Hono } from "hono";

export interface Condition {
  readonly connections: number;
  readonly activeChats: number;
  /** Seconds. */
  readonly uptime: number;
  readonly draining: boolean;
  /** The last commit succeeded. */
  readonly storeWorks: boolean;
}

/** Open to all. `/ws/health` has the shape of gurukul's Health Checks. */
export function health(condition: () => Condition): Hono {
  const app = new Hono();
  const ready = () => !condition().draining && condition().storeWorks;
  app.get("/ws/health", (c) => {
    const { connections, activeChats, uptime } = condition();
    const status = ready() ? "healthy" : "unhealthy";
    return c.json({ status, connections, activeChats, uptime }, ready() ? 200 : 503);
  });
  app.get("/health/live", (c) => c.json({ status: "live" }));
  app.get("/health/ready", (c) => c.json({ status: ready() ? "ready" : "not ready" }, ready() ? 200 : 503));
  return app;
}
