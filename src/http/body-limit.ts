import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { Problem } from "./problem.ts";

export type Answering<R extends Request = Request> = (request: R) => Response | Promise<Response>;

/**
 * The app, for bodies of so many bytes at most, by what the header says, or as they come where it says nothing. It is
 * no middleware: hono answers by the one handler of a route at once, and with any before it takes 3 µs longer.
 *
 * Bun refuses a request that says both how long it is and that it comes in chunks. One that comes in chunks is the
 * app's, and all others may be answered by something else.
 */
export function limited<R extends Request>(
  app: Hono,
  maxSize: number,
  answer: Answering<R> = app.fetch,
): Answering<R> {
  const tooLong = () => new Problem(413, `The body may have at most ${maxSize} bytes`).response();
  // It looks at the body before the header, and a body once looked at is a stream: slow to read.
  const asItComes = new Hono()
    .use(bodyLimit({ maxSize, onError: tooLong }))
    .all("*", (c) => app.fetch(c.req.raw));
  return (request) => {
    const { headers } = request;
    if (headers.has("transfer-encoding")) return asItComes.fetch(request);
    return Number(headers.get("content-length")) > maxSize ? tooLong() : answer(request);
  };
}
