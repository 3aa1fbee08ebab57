import { timingSafeEqual } from "node:crypto";
import type { Answering } from "./body-limit.ts";
import { Problem } from "./problem.ts";

const digest = (text: string, into = new Uint8Array(32)) => Bun.SHA256.hash(text, into);

/** Lets backends in that hold one of the keys. Compared as digests, so that time tells nothing. */
export function requireApiKey<R extends Request>(
  keys: readonly string[],
  inside: Answering<R>,
): Answering<R> {
  const known = keys.map((key) => digest(key));
  const given = new Uint8Array(32);
  return (request) => {
    digest(/^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "", given);
    if (known.filter((key) => timingSafeEqual(key, given)).length > 0) return inside(request);
    const problem = new Problem(401, "An API key is needed: Authorization: Bearer <key>");
    return problem.response({ "www-authenticate": "Bearer" });
  };
}
