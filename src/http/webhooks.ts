import { type Context, Hono } from "hono";
import { z } from "zod";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import { compareCursors, formatCursor, parseCursor } from "../feed/cursor.ts";
import type { Webhook } from "../feed/webhook.ts";
import { type Allowed, refusedUrl } from "../feed/webhook-address.ts";
import { reasonOf } from "../feed/webhook-send.ts";
import type { Webhooks } from "../feed/webhooks.ts";
import { readBody } from "./body.ts";
import { type PlaceDependencies, placeOf } from "./feed-place.ts";
import type { Operation } from "./operation.ts";
import { check, invalid, Problem } from "./problem.ts";
import { shownWebhook, showWebhook, webhookName, webhookSettings, webhookSkip } from "./webhook-json.ts";

const MAX_WEBHOOKS = 100;

const withSecret = shownWebhook.extend({ secret: z.string() });
const params = { name: webhookName };

export const webhookOperations: readonly Operation[] = [
  {
    ...{ method: "get", path: "/v1/webhooks", summary: "Lists the webhooks and their state." },
    answers: { 200: z.object({ webhooks: z.array(shownWebhook) }) },
  },
  {
    ...{ method: "put", path: "/v1/webhooks/{name}" },
    summary:
      "Creates a webhook, or changes the given members: the feed is sent to its url, as Standard Webhooks. " +
      "A replaced secret signs too for a day.",
    ...{ params, body: webhookSettings, answers: { 200: withSecret }, problems: [400, 409, 410] },
  },
  {
    ...{ method: "get", path: "/v1/webhooks/{name}", summary: "Describes a webhook and its state." },
    ...{ params, answers: { 200: shownWebhook }, problems: [404] },
  },
  {
    ...{ method: "delete", path: "/v1/webhooks/{name}", summary: "Deletes a webhook." },
    ...{ params, answers: { 204: null }, problems: [404] },
  },
  {
    ...{ method: "post", path: "/v1/webhooks/{name}/test" },
    summary: "Sends one request of type test, and returns the result.",
    ...{ params, problems: [404] },
    answers: {
      200: z.object({ delivered: z.boolean(), status: z.int().nullable(), error: z.string().nullable() }),
    },
  },
  {
    ...{ method: "post", path: "/v1/webhooks/{name}/skip" },
    summary:
      "Skips the delivery that is not accepted, or everything up to a position or now, never backwards.",
    ...{ params, body: webhookSkip, answers: { 200: shownWebhook }, problems: [400, 404, 409, 410] },
  },
];

export interface WebhookDependencies extends PlaceDependencies {
  readonly webhooks: Webhooks;
  readonly protocols: readonly AnyProtocol[];
  readonly allowed: Allowed;
  /** Of several nodes, one sends. Forwards a request to that node; undefined on that node itself. */
  forward?(request: Request): Promise<Response> | undefined;
  /** Resolves when what was changed is stored. Rejects with a `Problem`. */
  stored?(): Promise<void>;
}

/** Receivers of the feed, for backends. */
export function webhookRoutes(deps: WebhookDependencies): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const forwarded = deps.forward?.(c.req.raw);
    if (forwarded) return forwarded;
    await next();
    if (c.req.method !== "GET" && c.res.ok) await deps.stored?.();
    return undefined;
  });
  const known = (c: Context<object, "/:name">): Webhook => {
    const name = c.req.param("name");
    const webhook = deps.webhooks.get(name);
    if (!webhook) throw new Problem(404, `There is no webhook ${name}`);
    return webhook;
  };
  const cursorOf = async (field: string, position: string) =>
    (await placeOf(deps, field, parseCursor(position)!)).cursor;

  app.get("/", (c) => c.json({ webhooks: [...deps.webhooks.all].map(showWebhook) }));
  app.get("/:name", (c) => c.json(showWebhook(known(c))));
  app.put("/:name", async (c) => {
    const { name } = check(z.object({ name: webhookName }), { name: c.req.param("name") });
    const { from, ...change } = await readBody(c, webhookSettings);
    const before = deps.webhooks.get(name);
    const url = change.url ?? before?.row.url;
    if (url === undefined) throw invalid("url", "must say where a new webhook is sent");
    const refused = refusedUrl(new URL(url), deps.allowed);
    if (refused) throw invalid("url", refused);
    const contracts = deps.protocols.map(({ name }) => name);
    const unknown = (change.protocols ?? []).findIndex((one) => !contracts.includes(one));
    if (unknown >= 0) throw invalid(`protocols.${unknown}`, `must be one of ${contracts.join(", ")}`);
    if (!before && [...deps.webhooks.all].length >= MAX_WEBHOOKS) {
      throw new Problem(409, `There are ${MAX_WEBHOOKS} webhooks, which is as many as there may be`);
    }
    const isCursor = from !== undefined && from !== "now" && from !== "beginning";
    const start = isCursor ? await cursorOf("from", from) : from;
    const webhook = deps.webhooks.put(name, { ...change, url, from: start });
    return c.json({ ...showWebhook(webhook), secret: webhook.secret });
  });
  app.delete("/:name", (c) => {
    deps.webhooks.remove(known(c).row.name);
    return c.body(null, 204);
  });
  app.post("/:name/test", async (c) => {
    const webhook = known(c);
    try {
      const { status } = await webhook.test();
      return c.json({ delivered: status >= 200 && status < 300, status, error: null });
    } catch (error) {
      const message = error instanceof Error ? reasonOf(error) : String(error);
      return c.json({ delivered: false, status: null, error: message });
    }
  });
  app.post("/:name/skip", async (c) => {
    const webhook = known(c);
    const { to } = await readBody(c, webhookSkip);
    const cursor =
      to === undefined ? webhook.obstacle : to === "now" ? deps.feed.end().cursor : await cursorOf("to", to);
    if (!cursor)
      throw new Problem(
        409,
        "No delivery is on its way: name the position to skip to, or now, in the field to",
      );
    // A delivery may have been accepted since the caller read the position: that must not undo it.
    if (to !== undefined && to !== "now" && compareCursors(cursor, webhook.row) < 0)
      throw invalid(
        "to",
        `must not be before ${formatCursor(webhook.row)}, the position of the webhook: PUT it with from to send events again`,
      );
    webhook.skipTo(cursor);
    return c.json(showWebhook(webhook));
  });
  return app;
}
