/** 200 characters, so that a server frame has about 450 bytes. */
export const content = "Shall we meet by the river at seven, or is that too late for you? "
  .repeat(4)
  .slice(0, 200);

/** What goes through a server that passes on what it gets: as long as what the others make of a message. */
export const relayed = (chatId: string, messageId: string): string =>
  JSON.stringify({
    type: "message",
    data: {
      chatId,
      message: {
        ...{ id: "msg-3upvpj4qhoz8c2-1", chatId, userId: "user-0", content, role: "user" },
        ...{ timestamp: "2024-01-15T10:30:00.000Z", metadata: {} },
      },
      messageId,
    },
    timestamp: Date.now(),
  });
