import { type Context, Hono } from "hono";
import { z } from "zod";
import { roomName } from "../core/protocol/identifiers.ts";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import { type Cursor, formatCursor, parseCursor } from "../feed/cursor.ts";
import { BeyondEnd, Expired, type Feed } from "../feed/feed.ts";
import type { Webhook } from "../feed/webhook.ts";
import { type Allowed, refusedUrl } from "../feed/webhook-address.ts";
import { isSecret } from "../feed/webhook-send.ts";
import type { Webhooks } from "../feed/webhooks.ts";
import { readBody } from "./body.ts";
import type { Operation } from "./operation.ts";
import { check, Problem } from "./problem.ts";

const MAX_WEBHOOKS = 100;
const name = z.string().regex(/^[\w-]{1,64}$/, "must be 1 to 64 letters, digits, _ and -");
const MAX_LIST = 100;
const list = <Item extends z.ZodType>(item: Item) =>
  z.array(item, "must be a list").max(MAX_LIST, `at most ${MAX_LIST}`);
const room = z.union(
  [roomName, z.string().regex(/^[a-z-]+:\*$/)],
  "must be a room such as chat:1, or all of a kind such as chat:*",
);
const batches = "must be 1 to 100";
const position = z
  .string("must be a position")
  .refine((text) => parseCursor(text) !== undefined, "must be a position of the feed");
const settings = z.object({
  url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
  secret: z.string().refine(isSecret, "must be whsec_ and the base64 of 24 to 64 bytes").optional(),
  protocols: list(z.string()).optional(),
  rooms: list(room).optional(),
  kinds: list(z.string()).optional(),
  from: z
    .union([z.literal("now"), z.literal("beginning"), position], "must be now, beginning or a position")
    .optional(),
  batch: z.int(batches).min(1, batches).max(100, batches).optional(),
  paused: z.boolean("must be true or false").optional(),
});
const skipped = z.object({
  to: z.union([z.literal("now"), position], "must be now or a position").optional(),
});

const answer = z.object({
  name,
  url: z.string(),
  protocols: z.array(z.string()).nullable(),
  rooms: z.array(z.string()).nullable(),
  kinds: z.array(z.string()).nullable(),
  batch: z.int(),
  status: z.enum(["ok", "failing", "paused", "expired"]),
  /** Everything up to here was delivered, or is none of its filter. */
  position: z.string(),
  lagEvents: z.int(),
  lagSeconds: z.number(),
  attempts: z.int(),
  nextAttempt: z.iso.datetime().nullable(),
  failingSince: z.iso.datetime().nullable(),
  deliveredAt: z.iso.datetime().nullable(),
  lastError: z.object({ time: z.iso.datetime(), message: z.string() }).nullable(),
});
const withSecret = answer.extend({ secret: z.string() });
const params = { name };

export const webhookOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/webhooks", summary: "Every webhook, and how it stands." },
    answers: { 200: z.object({ webhooks: z.array(answer) }) },
  },
  {
    ...{ method: "put", path: "/v1/webhooks/{name}" },
    summary:
      "Makes a webhook, or changes what is named: the feed is sent to its url, by Standard Webhooks. " +
      "After a new secret the one before signs too, for a day.",
    ...{ params, body: settings, answers: { 200: withSecret }, problems: [400, 409, 410] },
  },
  {
    ...{ method: "get", path: "/v1/webhooks/{name}", summary: "How a webhook stands." },
    ...{ params, answers: { 200: answer }, problems: [404] },
  },
  {
    ...{ method: "delete", path: "/v1/webhooks/{name}", summary: "Ends a webhook." },
    ...{ params, answers: { 204: null }, problems: [404] },
  },
  {
    ...{ method: "post", path: "/v1/webhooks/{name}/test" },
    summary: "Sends one request of type test, and says what became of it.",
    ...{ params, problems: [404] },
    answers: {
      200: z.object({ delivered: z.boolean(), status: z.int().nullable(), error: z.string().nullable() }),
    },
  },
  {
    ...{ method: "post", path: "/v1/webhooks/{name}/skip" },
    summary: "Skips the delivery that is not taken, or everything up to a position or now.",
    ...{ params, body: skipped, answers: { 200: answer }, problems: [400, 404, 409, 410] },
  },
];

export interface WebhookDependencies {
  readonly webhooks: Webhooks;
  readonly feed: Feed;
  readonly protocols: readonly AnyProtocol[];
  readonly allowed: Allowed;
  /** Where one node of several sends: has it answer the request; undefined on that node. */
  elsewhere?(request: Request): Promise<Response> | undefined;
  /** Resolves when what was changed is stored. Rejects with a `Problem`. */
  kept?(): Promise<void>;
  /** Where there are other nodes: resolves when everything is applied here that their log holds now. */
  readonly caughtUp?: (() => Promise<void>) | undefined;
}

type Named = Context<object, "/:name">;

/** Receivers of the feed, for backends. */
export function webhookRoutes(deps: WebhookDependencies): Hono {
  const app = new Hono();
  /** On the node that sends. */
  const there =
    <C extends Context>(handle: (c: C) => Response | Promise<Response>) =>
    async (c: C): Promise<Response> => {
      const elsewhere = deps.elsewhere?.(c.req.raw);
      if (elsewhere) return elsewhere;
      const response = await handle(c);
      if (c.req.method !== "GET") await deps.kept?.();
      return response;
    };
  const known = (c: Context<object, "/:name" | "/:name/test" | "/:name/skip">): Webhook => {
    const webhook = deps.webhooks.get(c.req.param("name"));
    if (!webhook) throw new Problem(404, `There is no webhook ${c.req.param("name")}`);
    return webhook;
  };

  app.get(
    "/",
    there((c: Context) => c.json({ webhooks: [...deps.webhooks.all].map(shown) })),
  );
  app.get(
    "/:name",
    there((c: Named) => c.json(shown(known(c)))),
  );
  app.put(
    "/:name",
    there(async (c: Named) => {
      const named = check(z.object({ name }), { name: c.req.param("name") }).name;
      const { from, ...change } = await readBody(c, settings);
      const before = deps.webhooks.get(named);
      const url = change.url ?? before?.row.url;
      if (url === undefined) throw wrong("url", "must say where a new webhook is sent");
      const refused = refusedUrl(new URL(url), deps.allowed);
      if (refused) throw wrong("url", refused);
      const names = deps.protocols.map(({ name }) => name);
      for (const [index, one] of (change.protocols ?? []).entries()) {
        if (names.includes(one)) continue;
        throw wrong(`protocols.${index}`, `must be one of ${names.join(", ")}`);
      }
      if (!before && [...deps.webhooks.all].length >= MAX_WEBHOOKS) {
        throw new Problem(409, `There are ${MAX_WEBHOOKS} webhooks, which is as many as there may be`);
      }
      const begin =
        from === undefined || from === "now" || from === "beginning"
          ? from
          : await placeOf(deps, "from", from);
      const webhook = deps.webhooks.put(named, { ...change, url, from: begin });
      return c.json({ ...shown(webhook), secret: webhook.secret });
    }),
  );
  app.delete(
    "/:name",
    there((c: Named) => {
      deps.webhooks.remove(known(c).row.name);
      return c.body(null, 204);
    }),
  );
  app.post(
    "/:name/test",
    there(async (c: Context<object, "/:name/test">) => {
      try {
        const { status } = await known(c).test();
        return c.json({ delivered: status >= 200 && status < 300, status, error: null });
      } catch (error) {
        if (error instanceof Problem) throw error;
        return c.json({
          delivered: false,
          status: null,
          error: error instanceof Error ? error.message : String(error),
        });
      }
    }),
  );
  app.post(
    "/:name/skip",
    there(async (c: Context<object, "/:name/skip">) => {
      const webhook = known(c);
      const { to } = await readBody(c, skipped);
      const cursor =
        to === undefined
          ? webhook.obstacle
          : to === "now"
            ? deps.feed.end().cursor
            : await placeOf(deps, "to", to);
      if (!cursor) throw new Problem(409, "Nothing is on its way that could be skipped; say to where");
      webhook.skipTo(cursor);
      return c.json(shown(webhook));
    }),
  );
  return app;
}

const wrong = (path: string, message: string) =>
  new Problem(400, "The request is not valid", [{ path, message }]);

async function placeOf(deps: WebhookDependencies, path: string, text: string): Promise<Cursor> {
  try {
    return deps.feed.placeOf(parseCursor(text)!).cursor;
  } catch (error) {
    if (error instanceof BeyondEnd) {
      // The position may be of a node that has applied more than this one.
      if (!deps.caughtUp) throw wrong(path, "is beyond the end of the log");
      await deps.caughtUp();
      return placeOf({ ...deps, caughtUp: undefined }, path, text);
    }
    if (!(error instanceof Expired)) throw error;
    const oldest = formatCursor(error.oldest);
    throw new Problem(
      410,
      `Retention has removed events after this position; ${oldest} is the oldest`,
      undefined,
      { oldest },
    );
  }
}

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());

function shown(webhook: Webhook): z.output<typeof answer> {
  const { row, filter, lag, status } = webhook;
  const { name, url, batch, attempts, nextAttempt, failingSince, deliveredAt, lastError, lastErrorAt } = row;
  const { protocols, rooms, kinds } = filter;
  const list = (values: readonly string[] | undefined) => (values ? [...values] : null);
  return {
    ...{
      name,
      url,
      protocols: list(protocols),
      rooms: list(rooms),
      kinds: list(kinds),
      batch,
      status,
      position: formatCursor(row),
    },
    ...{ lagEvents: lag.events, lagSeconds: lag.seconds, attempts },
    nextAttempt: iso(nextAttempt),
    failingSince: iso(failingSince),
    deliveredAt: iso(deliveredAt),
    lastError:
      lastError === null || lastErrorAt === null
        ? null
        : { time: new Date(lastErrorAt).toISOString(), message: lastError },
  };
}
