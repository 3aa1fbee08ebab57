import type { Context, MiddlewareHandler } from "hono";
import { Problem } from "./problem.ts";

/** What the live nodes have answered, this one among them, and the names of those that gave no answer in time. */
export interface Gathered<T> {
  readonly answers: readonly { readonly node: string; readonly answer: T }[];
  readonly silent: readonly string[];
}

/** Names are visible ASCII characters. */
function warningOf(silent: readonly string[], what: string): string {
  return `199 - "${what}: ${silent.map((name) => name.replace(/["\\]/g, "\\$&")).join(", ")}"`;
}

/** Tells a backend that the answer lacks what these nodes know. */
export function warn(c: Context, silent: readonly string[]): void {
  if (silent.length > 0) c.header("warning", warningOf(silent, "nodes that gave no answer"));
}

/** For what was not found, while it may be on a node that gave no answer. */
export function maybeOn(silent: readonly string[], otherwise: Problem): Problem {
  if (silent.length === 0) return otherwise;
  const detail = `It may be on a node that gave no answer: ${silent.join(", ")}. Try again`;
  return new Problem(503, detail, undefined, {}, { "retry-after": "1" });
}

const behind = new Problem(
  503,
  "This node is behind the others and cannot know: try again",
  undefined,
  {},
  { "retry-after": "1" },
);

/** As the core's log has it. `always`: also where this node does not know that it is behind. */
export type CatchUp = (inDoubt: boolean, always?: boolean) => Promise<boolean> | undefined;

/**
 * A node that is behind the log waits until it is not before it changes or denies what it may not have applied yet. It
 * may learn a second late that it is, and what another node has just shown is to be removed there: before a removal it
 * asks.
 */
export const judgedByCurrent =
  (catchUp: CatchUp): MiddlewareHandler =>
  async (c, next) => {
    const isChange = c.req.method !== "GET" && c.req.method !== "HEAD";
    const isCurrent = (await catchUp(isChange, c.req.method === "DELETE")) ?? true;
    if (isChange && !isCurrent) throw behind;
    await next();
    const isDenied = c.res.status === 404 || c.res.status === 400;
    if (!isChange && isDenied && !(isCurrent && catchUp(true) === undefined)) throw behind;
  };

/**
 * A backend's change is answered when every live node has applied it, so that what was granted or taken away holds on
 * whichever node a client is. `appliedEverywhere` resolves to the names of nodes that have not applied it in time.
 */
export const answeredEverywhere =
  (appliedEverywhere: () => Promise<readonly string[]>): MiddlewareHandler =>
  async (c, next) => {
    await next();
    if (c.req.method === "GET" || c.req.method === "HEAD" || !c.res.ok) return;
    const silent = await appliedEverywhere();
    if (silent.length > 0)
      c.res.headers.set("warning", warningOf(silent, "nodes that have not applied this yet"));
  };
