import { Hono } from "hono";

export type Phase = "starting" | "serving" | "draining";

export interface Condition {
  readonly connections: number;
  readonly activeChats: number;
  /** Seconds. */
  readonly uptime: number;
  readonly phase: Phase;
  /** The store can be written. */
  readonly storeWorks: boolean;
}

/** Open to all. `/ws/health` has the shape of gurukul's Health Checks. */
export function health(condition: () => Condition): Hono {
  const app = new Hono();
  app.get("/ws/health", (c) => {
    const { connections, activeChats, uptime, ...rest } = condition();
    const isReady = whyNotReady(rest) === undefined;
    const status = isReady ? "healthy" : "unhealthy";
    return c.json({ status, connections, activeChats, uptime }, isReady ? 200 : 503);
  });
  app.get("/health/live", (c) => c.json({ status: "live" }));
  app.get("/health/ready", (c) => {
    const reason = whyNotReady(condition());
    return reason === undefined ? c.json({ status: "ready" }) : c.json({ status: "not ready", reason }, 503);
  });
  return app;
}

function whyNotReady({ phase, storeWorks }: Pick<Condition, "phase" | "storeWorks">): string | undefined {
  if (phase === "starting") return "the server is starting";
  if (phase === "draining") return "the server is shutting down";
  return storeWorks ? undefined : "the store cannot be written; the log says why";
}
