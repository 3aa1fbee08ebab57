import { z } from "zod";
import { id } from "../../core/protocol/identifiers.ts";
import { text } from "../../core/protocol/text-schemas.ts";
import { time } from "../../core/protocol/time.ts";

const name = text(200);
const url = text(2_048);
const word = text(64).min(1, "must not be empty");
/** Sums that the server makes have no upper limit. Posted amounts have one, so that the sums stay exact. */
const sum = z.number().min(0, "must be 0 or more");
const amount = sum.max(1e12, "must be 1e12 or less");
const sumOfGifts = z.int().min(1, "must be 1 or more");

/** A frame around its payload (contract: Message Format). The contract's examples carry no version. */
export const envelope = z.object({
  type: word,
  payload: z.looseObject({}),
  timestamp: time,
  version: word.optional(),
});

const failure = z
  .object({
    code: word,
    message: text(1_000),
    details: z.unknown().optional(),
    retryable: z.boolean(),
    /** Milliseconds. */
    retryAfter: z.number().nullable(),
  })
  .meta({
    examples: [
      { code: "RATE_LIMIT", message: "Too many messages", details: null, retryable: true, retryAfter: 1_500 },
    ],
  });

/** Messages that clients send, as the `payload` of the frame. */
export const messages = {
  "connection:init": z
    .object({
      clientId: id,
      streamId: id,
      clientType: z.enum(["host", "viewer"], "must be host or viewer"),
      capabilities: z.array(word).max(64, "must be at most 64"),
      version: word,
      /** Token of a host that did not send one in the URL. */
      token: z.string().optional(),
    })
    .meta({
      examples: [
        {
          clientId: "client-1",
          streamId: "stream-1",
          clientType: "viewer",
          capabilities: ["webgl", "webgpu", "notifications"],
          version: "1.0.0",
        },
      ],
    }),
  "heartbeat:pong": z
    .object({
      timestamp: time,
      sequence: z.int().min(0),
      stats: z.object({ latency: z.number(), memory: z.number(), queueSize: z.number() }),
    })
    .meta({
      examples: [
        {
          timestamp: "2025-10-28T23:59:59.999Z",
          sequence: 1,
          stats: { latency: 42, memory: 128, queueSize: 0 },
        },
      ],
    }),
  "gift:ack": z
    .object({
      giftId: id,
      receivedAt: time,
      rendered: z.boolean(),
      error: text(1_000).nullable(),
    })
    .meta({
      examples: [{ giftId: "gift-1", receivedAt: "2025-10-28T23:59:59.999Z", rendered: true, error: null }],
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
  quantity: sumOfGifts,
  totalValue: sum,
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

const goal = z.object({ type: word, target: amount, current: sum, description: text(1_000) });

const status = z.object({
  isLive: z.boolean(),
  viewerCount: z.int().min(0),
  startedAt: time.nullable(),
  currentGoal: goal.nullable(),
});

/** Events that the server sends, as the `payload` of the frame. */
export const events = {
  "connection:ack": z
    .object({
      sessionId: z.string(),
      serverTime: time,
      config: z.object({
        pingInterval: z.number(),
        maxGiftsPerSecond: z.number(),
        features: z.array(z.string()),
      }),
    })
    .meta({
      examples: [
        {
          sessionId: "session-1",
          serverTime: "2025-10-28T23:59:59.999Z",
          config: { pingInterval: 15_000, maxGiftsPerSecond: 100, features: ["webgl", "notifications"] },
        },
      ],
    }),
  "heartbeat:ping": z
    .object({ timestamp: time, sequence: z.int() })
    .meta({ examples: [{ timestamp: "2025-10-28T23:59:59.999Z", sequence: 1 }] }),
  "gift:received": gift.meta({
    examples: [
      {
        giftId: "gift-1",
        giftType: "rose",
        quantity: 5,
        totalValue: 50,
        sender: {
          userId: "user-1",
          username: "Ada",
          avatar: "https://cdn.example/ada.png",
          isSubscriber: true,
          isModerator: false,
        },
        animation: {
          type: "particle",
          duration: 2_000,
          assetUrl: "https://cdn.example/rose.json",
          soundUrl: "https://cdn.example/rose.mp3",
        },
        metadata: { isStreak: false, comboCount: 1, rank: 1, timestamp: "2025-10-28T23:59:59.999Z" },
      },
    ],
  }),
  "stream:status": status.meta({
    examples: [
      {
        isLive: true,
        viewerCount: 120,
        startedAt: "2025-10-28T23:00:00.000Z",
        currentGoal: { type: "gifts", target: 100, current: 5, description: "A hundred roses" },
      },
    ],
  }),
  error: failure,
};

/** A gift as backends post it. The server fills in absent fields. */
export const postedGift = gift.extend({
  giftId: id.optional(),
  quantity: sumOfGifts.max(1e9, "must be 1e9 or less"),
  totalValue: amount.optional(),
  metadata: metadata.partial().default({}),
});

/** A status as backends post it. Absent fields stay as they were. The server counts the viewers. */
export const postedStatus = status.partial({ viewerCount: true, startedAt: true }).extend({
  currentGoal: goal.extend({ current: amount.optional() }).nullable().optional(),
});

export type Init = z.output<(typeof messages)["connection:init"]>;
export type Stats = z.output<(typeof messages)["heartbeat:pong"]>["stats"];
export type Gift = z.output<typeof gift>;
export type PostedGift = z.output<typeof postedGift>;
export type Goal = z.output<typeof goal>;
export type Status = z.output<typeof status>;
export type PostedStatus = z.output<typeof postedStatus>;
