import { type Context, Hono } from "hono";
import { z } from "zod";
import { id } from "../core/protocol/identifiers.ts";
import { ERASED } from "../core/protocol/personal-data.ts";
import { HEADERS } from "./headers.ts";
import { type Gathered, maybeOn, warn } from "./nodes.ts";
import type { Operation } from "./operation.ts";
import { pageLimit } from "./page-limit.ts";
import { check, Problem } from "./problem.ts";

const user = z.object({ id: z.string(), online: z.boolean(), lastActive: z.iso.datetime() });
const erasure = z.object({
  id: z.string(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime().nullable(),
  redacted: z.int(),
});
const NDJSON = "application/x-ndjson";
const page = z.object({
  limit: pageLimit(100),
  after: z.string().default(""),
});

export const userOperations: readonly Operation[] = [
  {
    ...{
      method: "get",
      path: "/v1/users/{id}",
      summary: "Whether a user is online, and when they were last active.",
    },
    ...{ answers: { 200: user }, problems: [404, 503] },
  },
  {
    ...{ method: "get", path: "/v1/users/{id}/export" },
    summary: "Everything that is stored by or about a user, as lines of JSON.",
    ...{ answers: { 200: NDJSON }, problems: [400] },
  },
  {
    ...{ method: "delete", path: "/v1/users/{id}" },
    summary:
      "Erases a user: closes their connections, refuses the tokens issued before now, and removes everything by and about them in small steps.",
    ...{ answers: { 202: erasure }, problems: [400, 503] },
  },
  {
    ...{ method: "get", path: "/v1/users/{id}/erasure" },
    summary: "How far the erasure of a user is.",
    ...{ answers: { 200: erasure }, problems: [404] },
  },
  {
    ...{ method: "get", path: "/v1/erasures", summary: "Every erasure, by user id." },
    query: page,
    ...{ answers: { 200: z.object({ erasures: z.array(erasure), hasMore: z.boolean() }) }, problems: [400] },
  },
  {
    ...{ method: "delete", path: "/v1/users/{id}/connections" },
    summary: "Closes all connections of a user, and refuses tokens that were issued before now.",
    ...{ answers: { 200: z.object({ closed: z.int() }) }, problems: [400, 503] },
  },
];

/** Times in milliseconds since the epoch. */
interface Erasure {
  readonly userId: string;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly redacted: number;
}

export interface UserDependencies {
  isOnline(userId: string): boolean;
  /** Of each node: milliseconds since the epoch; null for a user who was never there. */
  lastActive(userId: string): Promise<Gathered<number | null>>;
  /**
   * Closes all connections of the user and refuses tokens issued before now; resolves to how many were closed.
   */
  revoke(userId: string): Promise<number>;
  /** Lines of JSON, a few at a time. */
  export(userId: string): AsyncGenerator<string>;
  /** Resolves when the erasure has begun. */
  erase(userId: string): Promise<void>;
  readonly erasures: {
    of(userId: string): Erasure | undefined;
    after(userId: string, limit: number): readonly Erasure[];
    /** Of each node: when it had erased each of these users; null where it has not yet. */
    finished(userIds: readonly string[]): Promise<Gathered<readonly (number | null)[]>>;
  };
}

/** Users, for backends: their presence, the revocation of their tokens, and what is stored of them. */
export function userRoutes(deps: UserDependencies): Hono {
  const app = new Hono();
  app.get("/:id", async (c) => {
    const id = c.req.param("id");
    const { answers, silent } = await deps.lastActive(id);
    const times = answers.flatMap(({ answer }) => answer ?? []);
    if (times.length === 0) throw maybeOn(silent, new Problem(404, "No user of this id has ever connected"));
    warn(c, silent);
    const lastActive = Math.max(...times);
    return c.json({ id, online: deps.isOnline(id), lastActive: new Date(lastActive).toISOString() });
  });
  app.get("/:id/export", (c) => {
    const userId = userOf(c.req.param("id"));
    return new Response(streamOf(deps.export(userId)), { headers: { ...HEADERS, "content-type": NDJSON } });
  });
  app.delete("/:id", async (c) => {
    const userId = userOf(c.req.param("id"));
    await deps.erase(userId);
    return c.json(shown(deps.erasures.of(userId)), 202);
  });
  app.get("/:id/erasure", async (c) => {
    const found = deps.erasures.of(c.req.param("id"));
    if (!found) throw new Problem(404, "Nobody has erased a user of this id");
    const [erasure] = await everywhere(c, deps, [found]);
    return c.json(shown(erasure));
  });
  app.delete("/:id/connections", async (c) => {
    const closed = await deps.revoke(userOf(c.req.param("id")));
    return c.json({ closed });
  });
  return app;
}

export function erasureRoutes(deps: UserDependencies): Hono {
  const app = new Hono();
  app.get("/", async (c) => {
    const { limit, after } = check(page, c.req.query());
    const found = deps.erasures.after(after, limit + 1);
    const erasures = await everywhere(c, deps, found.slice(0, limit));
    return c.json({ erasures: erasures.map(shown), hasMore: found.length > limit });
  });
  return app;
}

/** An erasure is finished when every live node has finished it, and each of them has said so. */
async function everywhere(c: Context, deps: UserDependencies, found: readonly Erasure[]): Promise<Erasure[]> {
  const { answers, silent } = await deps.erasures.finished(found.map(({ userId }) => userId));
  warn(c, silent);
  return found.map((erasure, at) => {
    const times = answers.map(({ answer }) => answer[at] ?? null);
    const isFinished = silent.length === 0 && times.every((time) => time !== null);
    return { ...erasure, finishedAt: isFinished ? Math.max(...times) : null };
  });
}

/** An id that no user can have is a mistake, and nothing must look as if it had been done. */
function userOf(userId: string): string {
  const erasable = id.refine((one) => one !== ERASED, "stands for users who were erased");
  return check(z.object({ id: erasable }), { id: userId }).id;
}

function shown(erasure: Erasure | undefined) {
  if (!erasure) throw new Error("the erasure was not stored");
  const { userId: id, startedAt, finishedAt, redacted } = erasure;
  const iso = (time: number) => new Date(time).toISOString();
  return {
    id,
    startedAt: iso(startedAt),
    finishedAt: finishedAt === null ? null : iso(finishedAt),
    redacted,
  };
}

/** The next lines are read when the ones before have been taken, and clients have their turn in between. */
function streamOf(lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          await new Promise<void>((resolve) => setImmediate(resolve));
          const { done, value } = await lines.next();
          if (done) return controller.close();
          if (value !== "") return controller.enqueue(encoder.encode(value));
        }
      },
      async cancel() {
        await lines.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
