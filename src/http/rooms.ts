import { Hono } from "hono";
import { z } from "zod";
import type { RoomEntries } from "../core/settings.ts";
import { check, readBody } from "./problem.ts";

const room = z.string().regex(/^[a-z]+:[^\s\p{C}]{1,128}$/u, "must be a room, kind:id");
const userId = z.string().regex(/^[^\s\p{C}]{1,128}$/u, "must be a user id");
const title = z
  .string()
  .max(200)
  .refine((text) => text.isWellFormed(), "must not have lone surrogates");
const settings = z.object({ title: title.nullable().optional(), open: z.boolean().optional() });
const membership = z.object({ role: z.string().max(64).optional() });

export interface RoomDoor {
  /** Resolves when it is committed and applied. */
  record<K extends keyof RoomEntries>(room: string, kind: K, body: RoomEntries[K]): Promise<void>;
}

/** Rooms and their members, for backends. */
export function rooms(door: RoomDoor): Hono {
  const app = new Hono();
  app.put("/:room", async (c) => {
    const name = check(room, c.req.param("room"));
    const { title, open } = await readBody(c, settings);
    await door.record(name, "room", {
      ...(title === undefined ? {} : { title }),
      ...(open === undefined ? {} : { open }),
    });
    return c.json({ room: name, title, open });
  });
  app.put("/:room/members/:userId", async (c) => {
    const name = check(room, c.req.param("room"));
    const member = check(userId, c.req.param("userId"));
    const { role = null } = await readBody(c, membership);
    await door.record(name, "member", { userId: member, role });
    return c.json({ room: name, userId: member, role });
  });
  app.delete("/:room/members/:userId", async (c) => {
    const name = check(room, c.req.param("room"));
    await door.record(name, "member.removed", { userId: check(userId, c.req.param("userId")) });
    return c.body(null, 204);
  });
  return app;
}
