import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Problem } from "./problem.ts";

export type Answering<R extends Request = Request> = (request: R) => Response | Promise<Response>;

/**
 * Answers only bodies of at most `maxSize` bytes. The Content-Length header gives the size. A chunked body
 * has no such header (Bun refuses a request with both), so the app counts it as it arrives. This is no
 * middleware: Hono calls the only handler of a route directly, and any middleware before it costs 3 µs.
 */
export function limited<R extends Request>(app: Hono, maxSize: number, answer: Answering<R>): Answering<R> {
  const tooLong = () => new Problem(413, `The body may have at most ${maxSize} bytes`).response();
  // It reads the body before the header, and a body that was read becomes a stream, which is slow.
  const asItComes = new Hono()
    .use(bodyLimit({ maxSize, onError: tooLong }))
    .all("*", (c) => app.fetch(c.req.raw));
  return (request) => {
    const { headers } = request;
    if (headers.has("transfer-encoding")) return asItComes.fetch(request);
    return Number(headers.get("content-length")) > maxSize ? tooLong() : answer(request);
  };
}
