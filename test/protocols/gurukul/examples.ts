/** Every JSON example of the contract, as it stands there, by its caption. */

export const timestamp = 1703123456789;

export const sendMessage = {
  type: "message",
  data: {
    chatId: "chat-123",
    content: "Hello, how are you?",
    agentId: "therapist",
    messageId: "temp-1234567890",
  },
  timestamp,
  messageId: "temp-1234567890",
};
export const assistantMessage = {
  type: "message",
  data: {
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
  timestamp,
};
export const userTyping = {
  type: "typing",
  data: { chatId: "chat-123", userId: "user-456", agentId: "therapist", isTyping: true },
  timestamp,
};
export const assistantTyping = {
  type: "typing",
  data: { chatId: "chat-123", userId: "assistant", agentId: "therapist", isTyping: true },
  timestamp,
};
export const markAsRead = {
  type: "read_receipt",
  data: { chatId: "chat-123", messageIds: ["msg-123", "msg-124"], userId: "user-456" },
  timestamp,
};
export const readConfirmation = {
  type: "read_receipt",
  data: { chatId: "chat-123", messageIds: ["msg-123", "msg-124"], userId: "user-456", confirmed: true },
  timestamp,
};
export const join = { type: "chat_update", data: { action: "join", chatId: "chat-123" }, timestamp };
export const leave = { type: "chat_update", data: { action: "leave", chatId: "chat-123" }, timestamp };
export const chatUpdated = {
  type: "chat_update",
  data: {
    chatId: "chat-123",
    updates: { title: "Updated Chat Title", messageCount: 15, lastMessage: "Latest message content" },
  },
  timestamp,
};
export const ping = { type: "ping", data: { timestamp: 1703123456789 }, timestamp };
export const pong = { type: "pong", data: { timestamp: 1703123456789 }, timestamp };
export const authenticationFailed = {
  type: "error",
  data: { message: "Authentication failed", code: 401 },
  timestamp,
};
