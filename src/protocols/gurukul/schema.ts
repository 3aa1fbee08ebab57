import { z } from "zod";
import { id } from "../../core/names.ts";

/** More of them do not fit on a screen. */
const MAX_RECEIPTS = 200;

/** What clients send, as the `data` of its frame (contract: Message Types and Data Structures). */
export const createMessages = (maxContentLength: number) => ({
  message: z.object({
    chatId: id,
    content: z
      .string()
      .min(1, "must not be empty")
      .refine((text) => text.length <= maxContentLength || Array.from(text).length <= maxContentLength, {
        message: `must have at most ${maxContentLength} characters`,
        params: { tooLong: true },
      })
      .refine((text) => text.isWellFormed(), "must not have lone surrogates"),
    agentId: id.optional(),
    messageId: id.optional(),
  }),
  typing: z.object({ chatId: id, userId: id, agentId: id.optional(), isTyping: z.boolean() }),
  read_receipt: z.object({
    chatId: id,
    messageIds: z
      .array(id)
      .min(1, "must name a message")
      .max(MAX_RECEIPTS, `must name at most ${MAX_RECEIPTS}`),
    userId: id,
  }),
  chat_update: z.object({ action: z.enum(["join", "leave"], "must be join or leave"), chatId: id }),
  ping: z.object({ timestamp: z.number().optional() }),
});

const chatMessage = z.object({
  id,
  chatId: id,
  userId: id,
  agentId: id.optional(),
  content: z.string(),
  role: z.enum(["user", "assistant"]),
  /** ISO 8601. */
  timestamp: z.iso.datetime(),
  metadata: z.record(z.string(), z.unknown()),
});

/** What the server sends, as the `data` of its frame. */
export const events = {
  message: z
    .object({ chatId: id, message: chatMessage, messageId: id.optional() })
    .refine(({ chatId, message }) => message.chatId === chatId, {
      path: ["message", "chatId"],
      message: "must be the chatId",
    }),
  typing: z.object({ chatId: id, userId: id, agentId: id.optional(), isTyping: z.boolean() }),
  read_receipt: z.object({ chatId: id, messageIds: z.array(id), userId: id, confirmed: z.literal(true) }),
  chat_update: z.object({
    chatId: id,
    updates: z.object({ title: z.string(), messageCount: z.int(), lastMessage: z.string() }),
  }),
  pong: z.object({ timestamp: z.number() }),
  error: z.object({ message: z.string(), code: z.int() }),
};

export type MessageEvent = z.output<typeof events.message>;
export type Receipt = z.output<typeof events.read_receipt>;
