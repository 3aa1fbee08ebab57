import { isUtf8 } from "node:buffer";
import type { Context } from "hono";
import type { z } from "zod";
import { check, Problem, parseJson } from "./problem.ts";

const decoder = new TextDecoder();

/**
 * The body as text. Throws a `Problem` if its bytes are not UTF-8 (RFC 8259, 8.1): decoding with replacement
 * characters would store something else than was sent.
 */
export async function readText(request: Request): Promise<string> {
  const { headers } = request;
  const coding = headers.get("content-encoding");
  if (coding !== null && !/^(?:identity)?$/i.test(coding.trim())) {
    const detail = "The body must come as it is: no Content-Encoding is understood";
    throw new Problem(415, detail, undefined, {}, { "accept-encoding": "identity" });
  }
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(headers.get("content-type") ?? "")?.[1];
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset))
    throw new Problem(415, "The body must be UTF-8, and its Content-Type names another charset");
  const bytes = await request.bytes();
  // JSON begins with an ASCII character: a NUL in its first two bytes is half of one in UTF-16 or UTF-32.
  const isWide = bytes[0] === 0 || bytes[1] === 0 || (bytes[0] === 0xff && bytes[1] === 0xfe);
  if (isWide || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new Problem(415, "The body must be UTF-8, not UTF-16 or UTF-32");
  if (!isUtf8(bytes)) throw new Problem(400, "The body is not UTF-8");
  return decoder.decode(bytes);
}

/** Reads the body by this schema. Throws a problem that names each wrong field. */
export async function readBody<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  return check(schema, parseJson(await readText(c.req.raw)));
}
