import type { Dialect } from "../dialect.ts";
import { textFrame } from "../frames.ts";
import { content } from "../words.ts";

// Every server frame begins with {"type":" so that one byte tells its kind.
const KIND_AT = '{"type":"'.length;
const [MESSAGE, CHAT_UPDATE, BATCH] = Buffer.from("mcb");

export const gurukul: Dialect = {
  grant: (room) => `chat:${room}`,
  path: ({ token }) => `/ws?token=${token}`,
  hello: ({ room }) =>
    textFrame({ type: "chat_update", data: { action: "join", chatId: room }, timestamp: Date.now() }),
  message: ({ room }, messageId) => {
    const data = { chatId: room, content, messageId };
    return textFrame({ type: "message", data, timestamp: Date.now(), messageId });
  },
  hear: (ears) => (bytes, start, end) => {
    switch (bytes[start + KIND_AT]) {
      case MESSAGE:
        ears.message(bytes, start, end);
        break;
      case CHAT_UPDATE:
        ears.joined();
        break;
      case BATCH:
        break;
      default:
        ears.wrong(bytes, start, end);
    }
  },
};
