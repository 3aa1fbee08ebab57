import { z } from "zod";
import { ID, id } from "../../core/protocol/identifiers.ts";
import { cleanText } from "../../core/protocol/text.ts";
import { createContent, createPostedContent } from "../../core/protocol/text-schemas.ts";
import { time } from "../../core/protocol/time.ts";

/** A screen shows no more messages than this. */
const MAX_RECEIPTS = 200;

/** Others see the name of the agent. It stays what the client calls it, so it is refused rather than cleaned. */
const agentId = id.refine(
  (name) => !ID.test(name) || cleanText(name) === name,
  "must be without markup, in NFC",
);

/** A message need not name its sender, who is the connection's user; another user's id is refused. */
const senderId = id.optional();

const typing = z.object({ chatId: id, userId: id, agentId: agentId.optional(), isTyping: z.boolean() });

/** Messages that clients send, as the `data` of the frame (contract: Message Types and Data Structures). */
export const createMessages = (maxContentLength: number) => ({
  message: z
    .object({
      chatId: id,
      content: createContent(maxContentLength),
      agentId: agentId.optional(),
      messageId: id.optional(),
      userId: senderId,
    })
    .meta({
      examples: [
        {
          chatId: "chat-123",
          content: "Hello, how are you?",
          agentId: "therapist",
          messageId: "temp-1234567890",
        },
      ],
    }),
  typing: typing.meta({
    examples: [{ chatId: "chat-123", userId: "user-456", agentId: "therapist", isTyping: true }],
  }),
  read_receipt: z
    .object({
      chatId: id,
      messageIds: z
        .array(id)
        .min(1, "must name a message")
        .max(MAX_RECEIPTS, `must name at most ${MAX_RECEIPTS}`),
      userId: id,
    })
    .meta({ examples: [{ chatId: "chat-123", messageIds: ["msg-123", "msg-124"], userId: "user-456" }] }),
  chat_update: z
    .object({ action: z.enum(["join", "leave"], "must be join or leave"), chatId: id, userId: senderId })
    .meta({
      examples: [
        { action: "join", chatId: "chat-123" },
        { action: "leave", chatId: "chat-123" },
      ],
    }),
  ping: z.object({ timestamp: z.number().optional() }).meta({ examples: [{ timestamp: 1_703_123_456_789 }] }),
});

const chatMessage = z.object({
  id,
  chatId: id,
  userId: id,
  agentId: agentId.optional(),
  content: z.string(),
  role: z.enum(["user", "assistant"]),
  timestamp: time,
  metadata: z.record(z.string(), z.unknown()),
});

const messageEvent = (content: z.ZodString) =>
  z
    .object({ chatId: id, message: chatMessage.extend({ content }), messageId: id.optional() })
    .refine(({ chatId, message }) => message.chatId === chatId, {
      path: ["message", "chatId"],
      message: "must be the chatId",
    })
    .meta({
      examples: [
        {
          chatId: "chat-123",
          message: {
            id: "msg-1234567890",
            chatId: "chat-123",
            userId: "assistant",
            agentId: "therapist",
            content: "I'm doing well, thank you for asking. How are you feeling today?",
            role: "assistant",
            timestamp: "2024-01-15T10:30:00Z",
            metadata: { confidence: 0.95, messageIndex: 1, totalMessages: 1 },
          },
          messageId: "temp-1234567890",
        },
      ],
    });

/** A message as backends post it. */
export const createPostedMessage = (maxContentLength: number) =>
  messageEvent(createPostedContent(maxContentLength));

/** Events that the server sends, as the `data` of the frame. */
export const events = {
  message: messageEvent(z.string()),
  typing: typing.meta({
    examples: [{ chatId: "chat-123", userId: "assistant", agentId: "therapist", isTyping: true }],
  }),
  read_receipt: z
    .object({ chatId: id, messageIds: z.array(id), userId: id, confirmed: z.literal(true) })
    .meta({
      examples: [
        { chatId: "chat-123", messageIds: ["msg-123", "msg-124"], userId: "user-456", confirmed: true },
      ],
    }),
  chat_update: z
    .object({
      chatId: id,
      updates: z.object({
        title: z.string(),
        messageCount: z.int(),
        lastMessage: z.string(),
        /** Id of a message that a backend has just redacted. */
        redacted: id.optional(),
      }),
    })
    .meta({
      examples: [
        {
          chatId: "chat-123",
          updates: { title: "Updated Chat Title", messageCount: 15, lastMessage: "Latest message content" },
        },
      ],
    }),
  pong: z.object({ timestamp: z.number() }).meta({ examples: [{ timestamp: 1_703_123_456_789 }] }),
  error: z
    .object({ message: z.string(), code: z.int() })
    .meta({ examples: [{ message: "Authentication failed", code: 401 }] }),
};

export type MessageEvent = z.output<typeof events.message>;
export type Receipt = z.output<typeof events.read_receipt>;
