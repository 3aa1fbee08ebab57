import { z } from "zod";
import { id } from "../../core/names.ts";

/** ISO 8601. */
const time = z.iso.datetime({ offset: true, error: "must be an ISO 8601 time" });
const text = (most: number) =>
  z
    .string()
    .max(most, `must have at most ${most} characters`)
    .refine((text) => text.isWellFormed(), "must not have lone surrogates");
const name = text(200);
const url = text(2_048);
const word = text(64).min(1, "must not be empty");
/** Small enough that sums stay exact. */
const amount = z.number().min(0, "must be 0 or more").max(1e12, "must be 1e12 or less");

/** A frame around its payload (contract: Message Format). The examples of the contract carry no version. */
export const envelope = z.object({
  type: word,
  payload: z.looseObject({}),
  timestamp: time,
  version: word.optional(),
});

const failure = z.object({
  code: word,
  message: text(1_000),
  details: z.unknown().optional(),
  retryable: z.boolean(),
  /** Milliseconds. */
  retryAfter: z.number().nullable(),
});

/** What clients send, as the `payload` of its frame. */
export const messages = {
  "connection:init": z.object({
    clientId: id,
    streamId: id,
    clientType: z.enum(["host", "viewer"], "must be host or viewer"),
    capabilities: z.array(word).max(64, "must be at most 64"),
    version: word,
    /** Of a host that did not bring it in the URL. */
    token: z.string().optional(),
  }),
  "heartbeat:pong": z.object({
    timestamp: time,
    sequence: z.int().min(0),
    stats: z.object({ latency: z.number(), memory: z.number(), queueSize: z.number() }),
  }),
  "gift:ack": z.object({
    giftId: id,
    receivedAt: time,
    rendered: z.boolean(),
    error: text(1_000).nullable(),
  }),
  error: failure,
};

const metadata = z.object({
  isStreak: z.boolean(),
  comboCount: z.int().min(1, "must be 1 or more"),
  rank: z.int().min(1, "must be 1 or more"),
  timestamp: time,
});

const gift = z.object({
  giftId: id,
  giftType: word,
  quantity: z.int().min(1, "must be 1 or more").max(1e9, "must be 1e9 or less"),
  totalValue: amount,
  sender: z.object({
    userId: id,
    username: name,
    avatar: url,
    isSubscriber: z.boolean(),
    isModerator: z.boolean(),
  }),
  animation: z.object({ type: word, duration: z.number().min(0), assetUrl: url, soundUrl: url }),
  metadata,
});

const goal = z.object({ type: word, target: amount, current: amount, description: text(1_000) });

const status = z.object({
  isLive: z.boolean(),
  viewerCount: z.int().min(0),
  startedAt: time.nullable(),
  currentGoal: goal.nullable(),
});

/** What the server sends, as the `payload` of its frame. */
export const events = {
  "connection:ack": z.object({
    sessionId: z.string(),
    serverTime: time,
    config: z.object({
      pingInterval: z.number(),
      maxGiftsPerSecond: z.number(),
      features: z.array(z.string()),
    }),
  }),
  "heartbeat:ping": z.object({ timestamp: time, sequence: z.int() }),
  "gift:received": gift,
  "stream:status": status,
  error: failure,
};

/** A gift as backends post it: what is absent the server fills in. */
export const postedGift = gift.extend({
  giftId: id.optional(),
  totalValue: amount.optional(),
  metadata: metadata.partial().default({}),
});

/** A status as backends post it: what is absent stays as it was. Viewers are counted by the server. */
export const postedStatus = status.partial({ viewerCount: true, startedAt: true }).extend({
  currentGoal: goal.partial({ current: true }).nullable().optional(),
});

export type Init = z.output<(typeof messages)["connection:init"]>;
export type Stats = z.output<(typeof messages)["heartbeat:pong"]>["stats"];
export type Gift = z.output<typeof gift>;
export type PostedGift = z.output<typeof postedGift>;
export type Goal = z.output<typeof goal>;
export type Status = z.output<typeof status>;
export type PostedStatus = z.output<typeof postedStatus>;
