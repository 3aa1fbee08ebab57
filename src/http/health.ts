import { Hono } from "hono";
import { z } from "zod";
import type { Operation } from "./operation.ts";

export type Phase = "starting" | "serving" | "draining";

export interface Condition {
  readonly connections: number;
  readonly activeChats: number;
  /** Seconds. */
  readonly uptime: number;
  /** Why the server is not ready. */
  readonly fault: string | undefined;
}

const load = z.object({
  status: z.enum(["healthy", "unhealthy"]),
  connections: z.int(),
  activeChats: z.int(),
  /** Seconds. */
  uptime: z.number(),
});

export const healthOperations: readonly Operation[] = [
  {
    ...{
      method: "get",
      path: "/ws/health",
      summary: "Health of the server, and how many connections are open.",
    },
    answers: { 200: load, 503: load },
  },
  {
    ...{ method: "get", path: "/health/live", summary: "Whether the process answers." },
    answers: { 200: z.object({ status: z.literal("live") }) },
  },
  {
    ...{
      method: "get",
      path: "/health/ready",
      summary: "Whether the server takes connections and its store works, or the reason why not.",
    },
    answers: {
      200: z.object({ status: z.literal("ready") }),
      503: z.object({ status: z.literal("not ready"), reason: z.string() }),
    },
  },
];

/** Open to all. `/ws/health` has the shape of gurukul's Health Checks. */
export function health(condition: () => Condition): Hono {
  const app = new Hono();
  app.get("/ws/health", (c) => {
    const { connections, activeChats, uptime, fault } = condition();
    const isReady = fault === undefined;
    const status = isReady ? "healthy" : "unhealthy";
    return c.json({ status, connections, activeChats, uptime }, isReady ? 200 : 503);
  });
  app.get("/health/live", (c) => c.json({ status: "live" }));
  app.get("/health/ready", (c) => {
    const { fault: reason } = condition();
    return reason === undefined ? c.json({ status: "ready" }) : c.json({ status: "not ready", reason }, 503);
  });
  return app;
}

/** Undefined: it is ready. */
export function whyNotReady(
  phase: Phase,
  /** The store can be written. */
  storeWorks: boolean,
  /** Why this node cannot follow a shared log. */
  logFault: string | undefined,
): string | undefined {
  if (phase === "starting") return "the server is starting";
  if (phase === "draining") return "the server is shutting down";
  return storeWorks ? logFault : "the store cannot be written: see the server's log";
}
