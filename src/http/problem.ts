import { z } from "zod";
import { isTooDeep } from "../core/protocol/json.ts";
import { safeParse } from "../core/protocol/safe-parse.ts";
import { HEADERS } from "./headers.ts";

const TITLES: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** A problem with more wrong fields would be no clearer, and a large body would get a much larger answer. */
const MAX_ERRORS = 100;

const fieldError = z.object({ path: z.string(), message: z.string() });
type FieldError = Readonly<z.output<typeof fieldError>>;

/** The body of a problem. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  /** Each wrong field, by its path. */
  errors: z.array(fieldError).max(MAX_ERRORS).optional(),
  /** Of the feed: the position after which nothing is missing. */
  oldest: z.string().optional(),
});

/** An error as RFC 9457 defines it. */
export class Problem extends Error {
  readonly errors: readonly FieldError[] | undefined;

  constructor(
    readonly status: number,
    readonly detail: string,
    errors?: readonly FieldError[],
    /** Members of the body of its own. */
    readonly more: Readonly<Partial<z.output<typeof problem>>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
    this.errors = errors?.slice(0, MAX_ERRORS);
  }

  response(headers = this.headers): Response {
    const { status, detail, errors, more } = this;
    const body = {
      type: "about:blank",
      title: TITLES[status] ?? "Error",
      status,
      detail,
      errors,
      ...more,
    };
    const type = { "content-type": "application/problem+json" };
    return new Response(JSON.stringify(body), { status, headers: { ...HEADERS, ...headers, ...type } });
  }
}

/** Reads the body without a schema. A missing body counts as an empty object. */
export function parseJson(text: string): unknown {
  // The server could not serialize such a value again, so it must not accept it.
  if (isTooDeep(text)) throw new Problem(400, "The body is nested too deeply");
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    throw new Problem(400, "The body is not JSON");
  }
}

/** One field of the request is wrong. */
export const invalid = (path: string, message: string): Problem =>
  new Problem(400, "The request is not valid", [{ path, message }]);

export function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = safeParse(schema, value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new Problem(400, "The request is not valid", errors);
}
