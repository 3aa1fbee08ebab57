import { Hono } from "hono";
import { z } from "zod";
import { PostRefusal } from "../core/inbound/publish-api.ts";
import { id, roomName } from "../core/protocol/identifiers.ts";
import type { Post } from "../core/protocol/posting.ts";
import { readText } from "./body.ts";
import { json } from "./headers.ts";
import type { Operation } from "./operation.ts";
import { check, Problem, parseJson } from "./problem.ts";

const MAX_EVENTS = 1_000;

const event = z
  .object({
    room: roomName.optional(),
    user: id.optional(),
    everyone: z.literal(true).optional(),
    type: z.string(),
    data: z.unknown(),
    id: id.optional(),
  })
  .transform(({ room, user, everyone, type, data, id }, ctx): Post => {
    const targets = Number(room !== undefined) + Number(user !== undefined) + Number(everyone !== undefined);
    const to = room !== undefined ? { room } : user !== undefined ? { user } : everyone && { everyone };
    if (to && targets === 1) return { to, type, data, id };
    ctx.addIssue({ code: "custom", message: "must have exactly one of room, user and everyone" });
    return z.NEVER;
  });
const events = z
  .array(event)
  .min(1, "must hold an event")
  .max(MAX_EVENTS, `must hold at most ${MAX_EVENTS} events`);

export const eventOperations: readonly Operation[] = [
  {
    method: "post",
    path: "/v1/{protocol}/events",
    summary:
      "Posts one event, or an array of up to 1,000; each for a room, a user or everyone. " +
      "The schemas {protocol}.{type} describe the data. " +
      "A repeated id gets the same answer and is not delivered again.",
    body: z.union([event, events]),
    answers: { 200: z.object({ accepted: z.int(), ids: z.array(z.string()) }) },
    problems: [400, 404, 409, 503],
  },
];

export interface EventDependencies {
  /**
   * The ids of the events, once they are stored; undefined if there is no such protocol. Throws a
   * `PostRefusal`.
   */
  post(protocol: string, posts: readonly Post[]): Promise<string[]> | undefined;
}

/** Posts events of backends to a protocol. All events of a request are stored, or none. */
export type PostEvents = (protocol: string, request: Request) => Promise<Response>;

export const postEvents =
  (deps: EventDependencies, failed: (error: unknown) => Response): PostEvents =>
  async (protocol, request) => {
    let isArray = false;
    try {
      const posted = parseJson(await readText(request));
      isArray = Array.isArray(posted);
      const ids = await deps.post(protocol, isArray ? check(events, posted) : [check(event, posted)]);
      if (!ids) throw new Problem(404, `There is no protocol ${protocol}`);
      return json({ accepted: ids.length, ids });
    } catch (error) {
      return failed(error instanceof PostRefusal ? problemOf(error, isArray) : error);
    }
  };

export function eventRoutes(post: PostEvents): Hono {
  const app = new Hono();
  app.post("/:protocol/events", (c) => post(c.req.param("protocol"), c.req.raw));
  return app;
}

/** Paths begin with the index in the array, where the request was an array. */
function problemOf({ kind, issues }: PostRefusal, isArray: boolean): Problem {
  const errors = isArray
    ? issues
    : issues.map((issue) => ({ ...issue, path: issue.path.slice("0.".length) }));
  if (kind === "conflict") return new Problem(409, "An id was used for another event", errors);
  return kind === "unknown_type"
    ? new Problem(404, "There is no such type of event", errors)
    : new Problem(400, "The request is not valid", errors);
}
