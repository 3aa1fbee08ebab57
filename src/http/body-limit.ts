import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Problem } from "./problem.ts";

/** Refuses longer bodies, in bytes, by what the header says, or as they come where it says nothing. */
export function limitBody(maxSize: number): MiddlewareHandler {
  const tooLong = (): never => {
    throw new Problem(413, `The body may have at most ${maxSize} bytes`);
  };
  // It looks at the body before the header, and a body once looked at is a stream: slow to read.
  const asItComes = bodyLimit({ maxSize, onError: tooLong });
  return async (c, next) => {
    const length = c.req.header("content-length");
    if (length === undefined || c.req.header("transfer-encoding") !== undefined) return asItComes(c, next);
    return Number(length) > maxSize ? tooLong() : next();
  };
}
