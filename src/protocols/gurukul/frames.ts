import { z } from "zod";
import type { Frames } from "../../core/protocol/frames.ts";
import { id } from "../../core/protocol/identifiers.ts";
import { isObject, parseObject } from "../../core/protocol/json.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import type { Incoming } from "../../core/protocol/rule.ts";

/** Contract: Base Message Structure. `timestamp` is in milliseconds since the epoch. */
export function decode(frame: string): Incoming {
  const { type, data, timestamp, messageId } = parseObject(frame);
  // Contract: Message Validation. An empty type and the time 0 count as missing.
  if (typeof type !== "string" || !type || !isObject(data) || typeof timestamp !== "number" || !timestamp) {
    throw new Refusal("bad_envelope");
  }
  const body = messageId === undefined || data["messageId"] !== undefined ? data : { ...data, messageId };
  return { kind: type, body };
}

export const envelope = (kind: string, body: string, time: number): string =>
  `{"type":"${kind}","data":${body},"timestamp":${time}}`;

/** Combines encoded frames into one (contract: Message Batching). */
export const batch = (frames: readonly string[], time: number): string =>
  envelope("batch", `{"messages":[${frames.join(",")}]}`, time);

/** Milliseconds since the epoch. */
const timestamp = z.number();
const frame = (kind: string, data: z.ZodType) => z.object({ type: z.literal(kind), data, timestamp });

/** Contract: Base Message Structure, Message Batching. */
export const frames: Frames<unknown> = {
  message: (kind, data) => frame(kind, data).extend({ messageId: id.optional() }),
  example: (type, data, timestamp) => ({ type, data, timestamp }),
  event: frame,
  others: {
    batch: frame(
      "batch",
      z.object({ messages: z.array(z.object({ type: z.string(), data: z.looseObject({}), timestamp })) }),
    ).meta({
      examples: [
        {
          type: "batch",
          data: {
            messages: [
              {
                type: "typing",
                data: { chatId: "chat-123", userId: "user-456", isTyping: true },
                timestamp: 1_703_123_456_789,
              },
            ],
          },
          timestamp: 1_703_123_456_889,
        },
      ],
    }),
  },
  query: z.object({
    batch: z
      .literal("1")
      .optional()
      .describe("The server sends frames of chats in batches, at most one per BATCH_INTERVAL_MS."),
  }),
};
