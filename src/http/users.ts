import { Hono } from "hono";
import { z } from "zod";
import type { Operation } from "./operation.ts";
import { Problem } from "./problem.ts";

const user = z.object({ id: z.string(), online: z.boolean(), lastActive: z.iso.datetime() });

export const userOperations: readonly Operation[] = [
  {
    ...{
      method: "get",
      path: "/v1/users/{id}",
      summary: "Whether a user is online, and when they were last active.",
    },
    ...{ answers: { 200: user }, problems: [404] },
  },
  {
    ...{ method: "delete", path: "/v1/users/{id}/connections" },
    summary: "Closes all connections of a user, and refuses tokens that were issued before now.",
    answers: { 200: z.object({ closed: z.int() }) },
  },
];

export interface UserDoor {
  isOnline(userId: string): boolean;
  /** Milliseconds since the epoch; undefined for a user who was never here. */
  lastActive(userId: string): number | undefined;
  /**
   * Closes all connections of the user and refuses tokens issued before now; resolves to how many were closed.
   */
  revoke(userId: string): Promise<number>;
}

/** Users, for backends: their presence, and the revocation of their tokens. */
export function userRoutes(door: UserDoor): Hono {
  const app = new Hono();
  app.get("/:id", (c) => {
    const id = c.req.param("id");
    const lastActive = door.lastActive(id);
    if (lastActive === undefined) throw new Problem(404, "No user of this id has ever connected");
    return c.json({ id, online: door.isOnline(id), lastActive: new Date(lastActive).toISOString() });
  });
  app.delete("/:id/connections", async (c) => c.json({ closed: await door.revoke(c.req.param("id")) }));
  return app;
}
