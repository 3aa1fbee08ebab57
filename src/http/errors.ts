import { Hono } from "hono";
import { z } from "zod";
import type { Operation } from "./operation.ts";
import { pageLimit } from "./page-limit.ts";
import { check } from "./problem.ts";

const anId = "must be the id of an error";
const page = z.object({
  limit: pageLimit(100),
  // An empty value is read as 0, before which there is no error: the answer would look as if all were well.
  before: z.coerce.number(anId).int(anId).min(1, anId).optional(),
});

const answer = z.object({
  errors: z.array(
    z.object({
      id: z.int(),
      time: z.iso.datetime(),
      where: z.string(),
      message: z.string(),
      code: z.string().optional(),
    }),
  ),
  hasMore: z.boolean(),
});

export const errorOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/errors", summary: "The latest errors, newest first." },
    ...{ query: page, answers: { 200: answer }, problems: [400] },
  },
];

/** ErrorLog, which the contract names and leaves open. */
interface LoggedError {
  /** Counted from 1 at the start of the server. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly where: string;
  readonly message: string;
  readonly code: string | undefined;
}

export interface ErrorDependencies {
  /** Newest first. */
  page(limit: number, before?: number): readonly LoggedError[];
}

/** The latest errors, for operators. */
export function errorRoutes(deps: ErrorDependencies): Hono {
  const app = new Hono();
  app.get("/", (c) => {
    const { limit, before } = check(page, c.req.query());
    const found = deps.page(limit + 1, before);
    const errors = found
      .slice(0, limit)
      .map(({ time, ...error }) => ({ ...error, time: new Date(time).toISOString() }));
    return c.json({ errors, hasMore: found.length > limit });
  });
  return app;
}
