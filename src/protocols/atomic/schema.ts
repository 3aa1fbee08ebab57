import { z } from "zod";
import { id } from "../../core/protocol/identifiers.ts";
import { createContent, text } from "../../core/protocol/text-schemas.ts";
import { time } from "../../core/protocol/time.ts";
import { senderIds } from "./sender.ts";

/** Metrics that one connection may be subscribed to. */
export const MAX_METRICS = 100;
/**
 * Metrics that a context may have. One request may exceed this by the number of metrics that a single post
 * may carry.
 */
export const MAX_CONTEXT_METRICS = 1_000;
/** Metrics that the server derives. */
export const DERIVED = ["activity", "engagement"] as const;
export type Derived = (typeof DERIVED)[number];
export const isDerived = (metric: string): metric is Derived => DERIVED.some((derived) => derived === metric);

const messageType = z
  .string()
  .regex(/^[\w.:-]{1,64}$/, "must be a word")
  .default("text");
const limit = z.int("must be 1 to 100").min(1, "must be 1 to 100").max(100, "must be 1 to 100").default(50);
const metrics = z.array(id).min(1, "must name a metric").max(MAX_METRICS, `must name at most ${MAX_METRICS}`);

/** Messages that clients of chat and analytics send, as the `data` of the frame; `auth` is flat. */
export const createMessages = (maxContentLength: number) => ({
  auth: z
    .object({ token: z.string(), contextId: z.string().optional() })
    .meta({ examples: [{ token: "<token>", contextId: "context_123" }] }),
  ping: z.object({}).meta({ examples: [{}] }),
  message: z
    .object({ content: createContent(maxContentLength), messageType, ...senderIds })
    .meta({ examples: [{ content: "Hello, everyone!", messageType: "text" }] }),
  typing: z.object({ isTyping: z.boolean(), ...senderIds }).meta({ examples: [{ isTyping: true }] }),
  /** `before` is the time or the id of a message. */
  history: z
    .object({ limit, before: z.string().optional() })
    .meta({ examples: [{ limit: 50, before: "2024-01-01T00:00:00Z" }] }),
  subscribe: z
    .object({ metrics })
    .meta({ examples: [{ metrics: ["engagement", "performance", "activity"] }] }),
  unsubscribe: z.object({ metrics }).meta({ examples: [{ metrics: ["performance"] }] }),
});

const message = z.object({
  id,
  content: z.string(),
  /** The author's name as it is shown. */
  author: z.string(),
  /** User id; absent where a backend posts for no user. */
  authorId: id.optional(),
  messageType: z.string(),
  timestamp: time,
});
const said = {
  id: "context:context_123/1",
  content: "Hello, everyone!",
  author: "Ada",
  authorId: "user_1",
  messageType: "text",
  timestamp: "2024-01-01T00:00:00.000Z",
};
const user = z.object({ userId: id, username: z.string() });

/** The value of a metric: null means that there is none yet. */
const value = z.union(
  [z.number(), z.boolean(), text(1_000), z.null()],
  "must be a number, true, false, null or a text of at most 1000 characters",
);
const update = z.object({ metric: id, value, timestamp: time });

/** Events that the server sends on chat and analytics, as the `data` of the frame. */
export const events = {
  connected: z
    .object({ userId: id, contextId: id.optional() })
    .meta({ examples: [{ userId: "user_1", contextId: "context_123" }] }),
  pong: z.object({}).meta({ examples: [{}] }),
  message: message.meta({ examples: [said] }),
  typing: z
    .object({ userId: id, isTyping: z.boolean() })
    .meta({ examples: [{ userId: "user_1", isTyping: true }] }),
  history: z
    .object({ messages: z.array(message), hasMore: z.boolean() })
    .meta({ examples: [{ messages: [said], hasMore: false }] }),
  user_joined: user.meta({ examples: [{ userId: "user_1", username: "Ada" }] }),
  user_left: user.meta({ examples: [{ userId: "user_1", username: "Ada" }] }),
  metric_update: update.meta({
    examples: [{ metric: "engagement", value: 0.5, timestamp: "2024-01-01T00:00:00.000Z" }],
  }),
};

const author = text(200).min(1, "must not be empty");

/** A message as backends post it. The server sets its time, because history is paged by time. */
export const createPostedMessage = (maxContentLength: number) =>
  message
    .omit({ timestamp: true })
    .extend({ id: id.optional(), content: createContent(maxContentLength), author, messageType });

/** A metric as backends post it. */
export const postedUpdate = update.extend({
  metric: id.refine(
    (metric) => !isDerived(metric),
    "is a metric that the server alone derives: choose another name",
  ),
  timestamp: time.optional(),
});

export type PostedMessage = z.output<ReturnType<typeof createPostedMessage>>;
export type PostedUpdate = z.output<typeof postedUpdate>;
export type Update = z.output<typeof update>;
