import { hash, timingSafeEqual } from "node:crypto";
import type { Answering } from "./body-limit.ts";
import { Problem } from "./problem.ts";

const digest = (text: string): Buffer => hash("sha256", text, "buffer");

/** Lets backends in that hold one of the keys. Compared as digests, so that time tells nothing. */
export function requireApiKey(keys: readonly string[], inside: Answering): Answering {
  const known = keys.map(digest);
  return (request) => {
    const given = digest(/^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "");
    if (known.filter((key) => timingSafeEqual(key, given)).length > 0) return inside(request);
    const problem = new Problem(401, "An API key is needed: Authorization: Bearer <key>");
    return problem.response({ "www-authenticate": "Bearer" });
  };
}
