import { z } from "zod";
import { formatCursor, parseCursor } from "../feed/cursor.ts";
import type { Webhook } from "../feed/webhook.ts";
import { isSecret } from "../feed/webhook-send.ts";
import { roomOrAll } from "./room-filter.ts";

export const webhookName = z.string().regex(/^[\w-]{1,64}$/, "must be 1 to 64 letters, digits, _ and -");
const MAX_LIST = 100;
const list = <Item extends z.ZodType>(item: Item) =>
  z.array(item, "must be a list").max(MAX_LIST, `at most ${MAX_LIST}`);
const batches = "must be 1 to 100";
const position = z
  .string("must be a position")
  .refine((text) => parseCursor(text) !== undefined, "must be a position of the feed");
/** What a backend sets. */
export const webhookSettings = z.object({
  url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).optional(),
  secret: z.string().refine(isSecret, "must be whsec_ and the base64 of 24 to 64 bytes").optional(),
  protocols: list(z.string()).optional(),
  rooms: list(roomOrAll).optional(),
  kinds: list(z.string()).optional(),
  from: z
    .union([z.literal("now"), z.literal("beginning"), position], "must be now, beginning or a position")
    .optional(),
  batch: z.int(batches).min(1, batches).max(100, batches).optional(),
  paused: z.boolean("must be true or false").optional(),
});
/** How far a backend skips. */
export const webhookSkip = z.object({
  to: z.union([z.literal("now"), position], "must be now or a position").optional(),
});

/** What a backend is shown. */
export const shownWebhook = z.object({
  name: webhookName,
  url: z.string(),
  protocols: z.array(z.string()).nullable(),
  rooms: z.array(z.string()).nullable(),
  kinds: z.array(z.string()).nullable(),
  batch: z.int(),
  status: z.enum(["ok", "failing", "paused", "expired"]),
  /** Everything up to here was delivered, or did not pass its filter. */
  position: z.string(),
  lagEvents: z.int(),
  lagSeconds: z.number(),
  attempts: z.int(),
  nextAttempt: z.iso.datetime().nullable(),
  failingSince: z.iso.datetime().nullable(),
  deliveredAt: z.iso.datetime().nullable(),
  lastError: z.object({ time: z.iso.datetime(), message: z.string() }).nullable(),
});

const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());

export function showWebhook(webhook: Webhook): z.output<typeof shownWebhook> {
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
