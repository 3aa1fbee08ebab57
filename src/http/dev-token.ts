import { Hono } from "hono";
import { z } from "zod";
import { ConfigError } from "../config.ts";
import { readBody } from "./body.ts";
import { Problem } from "./problem.ts";

const order = z.object({
  user: z.string("must be a text"),
  name: z.string("must be a text").optional(),
  rooms: z.array(z.string("must be a text"), "must be a list").default(["*"]),
  roles: z.array(z.string("must be a text"), "must be a list").default([]),
});

export interface TokenOrder {
  readonly userId: string;
  readonly name?: string;
  readonly rooms: readonly string[];
  readonly roles: readonly string[];
}

/** Makes a token that this server accepts. Throws `ConfigError` with a line for each wrong claim. */
export type MakeToken = (order: TokenOrder) => Promise<string>;

/**
 * `POST /dev/token` `{ "user", "name"?, "rooms"?, "roles"? }`, answered `{ "token" }`. Without `rooms` the
 * token opens `*`.
 */
export function devTokenRoutes(make: MakeToken): Hono {
  const app = new Hono();
  app.post("/", async (c) => {
    const { user, name, rooms, roles } = await readBody(c, order);
    try {
      return c.json({ token: await make({ userId: user, rooms, roles, ...(name && { name }) }) });
    } catch (error) {
      throw error instanceof ConfigError ? problemOf(error) : error;
    }
  });
  return app;
}

/** Each of its lines is `claim: must be …`. */
function problemOf({ message }: ConfigError): Problem {
  const errors = message.split("\n").map((line) => {
    const [, claim = "", why = line] = /^(\w+)[^:]*: (.*)$/.exec(line) ?? [];
    return { path: claim === "sub" ? "user" : claim, message: why };
  });
  return new Problem(400, "The request is not valid", errors);
}
