import { expect } from "bun:test";
import type { Frame } from "../../support/client.ts";

/** Frames as the contract shows them, field for field: anything missing, and anything more, fails. */

const timestamp = expect.any(Number);

export const error = (code: number, message: unknown): Frame => ({
  type: "error",
  data: { message, code },
  timestamp,
});

/** What everyone in the chat gets of a user's message. */
export const message = (
  chatId: string,
  userId: string,
  content: string,
  { messageId, agentId }: { messageId?: string; agentId?: string } = {},
): Frame => ({
  type: "message",
  data: {
    chatId,
    message: {
      id: expect.stringMatching(/^msg-/),
      chatId,
      userId,
      ...(agentId !== undefined && { agentId }),
      content,
      role: "user",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      metadata: {},
    },
    ...(messageId !== undefined && { messageId }),
  },
  timestamp,
});

/** What everyone in the chat gets of an agent's answer, or of one part of it. */
export const answer = (
  chatId: string,
  agentId: string,
  content: unknown,
  { messageId, confidence = 1, part = 1, of = 1, offline }: AnswerOptions = {},
): Frame => ({
  type: "message",
  data: {
    chatId,
    message: {
      id: expect.stringMatching(/^msg-/),
      chatId,
      userId: "assistant",
      agentId,
      content,
      role: "assistant",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
      metadata: { ...(offline && { offline }), confidence, messageIndex: part, totalMessages: of },
    },
    ...(messageId !== undefined && { messageId }),
  },
  timestamp,
});

interface AnswerOptions {
  readonly messageId?: string;
  readonly confidence?: unknown;
  readonly part?: number;
  readonly of?: number;
  readonly offline?: true;
}

export const typing = (chatId: string, userId: string, isTyping: boolean, agentId?: string): Frame => ({
  type: "typing",
  data: { chatId, userId, ...(agentId !== undefined && { agentId }), isTyping },
  timestamp,
});

export const receipt = (chatId: string, userId: string, messageIds: readonly string[]): Frame => ({
  type: "read_receipt",
  data: { chatId, messageIds, userId, confirmed: true },
  timestamp,
});

export const chatUpdate = (
  chatId: string,
  updates: { readonly title: string; readonly messageCount: number; readonly lastMessage: string },
): Frame => ({ type: "chat_update", data: { chatId, updates }, timestamp });

export const batch = (messages: readonly Frame[]): Frame => ({
  type: "batch",
  data: { messages },
  timestamp,
});
