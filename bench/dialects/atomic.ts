import type { Dialect } from "../dialect.ts";
import { textFrame } from "../frames.ts";
import { content } from "../words.ts";

const KIND_AT = '{"type":"'.length;
const [MESSAGE, CONNECTED, USER_JOINED] = Buffer.from("mcu");

/** The chat of the atomic contract. */
export const atomic: Dialect = {
  grant: (room) => `context:${room}`,
  path: ({ room, token }) => `/api/chat/ws?token=${token}&contextId=${room}`,
  message: (_, id) => textFrame({ type: "message", id, data: { content, messageType: "text" } }),
  hear: (ears) => (bytes, start, end) => {
    switch (bytes[start + KIND_AT]) {
      case MESSAGE:
        ears.message(bytes, start, end);
        break;
      case CONNECTED:
        ears.joined();
        break;
      case USER_JOINED:
        break;
      default:
        ears.wrong(bytes, start, end);
    }
  },
};
