import { hash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { Problem } from "./problem.ts";

const digest = (text: string): Buffer => hash("sha256", text, "buffer");

/** Lets backends in that hold one of the keys. Compared as digests, so that time tells nothing. */
export function requireApiKey(keys: readonly string[]): MiddlewareHandler {
  const known = keys.map(digest);
  return async (c, next) => {
    const given = digest(/^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? "");
    if (known.filter((key) => timingSafeEqual(key, given)).length === 0) {
      c.header("www-authenticate", "Bearer");
      return new Problem(401, "An API key is needed: Authorization: Bearer <key>").respond(c);
    }
    return next();
  };
}
