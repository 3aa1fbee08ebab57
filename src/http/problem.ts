import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";

const TITLES: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  404: "Not Found",
  413: "Content Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An error as RFC 9457 has it. */
export class Problem extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    readonly detail: string,
    readonly errors?: readonly { readonly path: string; readonly message: string }[],
  ) {
    super(detail);
  }

  respond(c: Context): Response {
    const { status, detail, errors } = this;
    const body = { type: "about:blank", title: TITLES[status] ?? "Error", status, detail, errors };
    return c.body(JSON.stringify(body), status, { "content-type": "application/problem+json" });
  }
}

/** The body as this schema has it; otherwise a problem that names each wrong field. */
export async function readBody<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  return check(schema, await readJson(c));
}

/** The body as it is; no body is an empty object. */
export async function readJson(c: Context): Promise<unknown> {
  const text = await c.req.text();
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    throw new Problem(400, "The body is not JSON");
  }
}

export function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new Problem(400, "The request is not valid", errors);
}
