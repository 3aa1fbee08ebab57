import type { Dialect } from "../dialect.ts";
import { clientFrame, TEXT } from "../frames.ts";
import { content } from "../words.ts";

const packet = (text: string): Buffer => clientFrame(TEXT, Buffer.from(text));
const event = (...parts: unknown[]): Buffer => packet(`42${JSON.stringify(parts)}`);
const PONG = packet("3");
const [OPEN, PING, MESSAGE, CONNECT, EVENT] = Buffer.from("02402");
// Between 42["joined"] and 42["message" the fourth byte of the event's name decides.
const NAME_AT = '42["'.length;
const JOINED = "j".charCodeAt(0);

/** Engine.IO 4 and Socket.IO 5 over WebSocket. */
export const socketIo: Dialect = {
  grant: (room) => `chat:${room}`,
  path: () => "/socket.io/?EIO=4&transport=websocket",
  message: ({ room }, messageId) => event("message", { chatId: room, content, messageId }),
  hear:
    (ears, { room, token }) =>
    (bytes, start, end) => {
      const [kind, inner] = [bytes[start], bytes[start + 1]];
      if (kind === MESSAGE && inner === EVENT) {
        if (bytes[start + NAME_AT] === JOINED) ears.joined();
        else ears.message(bytes, start, end);
      } else if (kind === OPEN) ears.answer(packet(`40${JSON.stringify({ token })}`));
      else if (kind === MESSAGE && inner === CONNECT) ears.answer(event("join", room));
      else if (kind === PING) ears.answer(PONG);
      else ears.wrong(bytes, start, end);
    },
};
