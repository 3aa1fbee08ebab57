import type { Dialect } from "../dialect.ts";
import { BINARY, clientFrame } from "../frames.ts";
import { relayed } from "../words.ts";
import { streamed } from "./stream.ts";

const frame = (text: string): Buffer => clientFrame(BINARY, Buffer.from(text));
const PONG = frame("PONG\r\n");
const CONNECT = 'CONNECT {"verbose":false,"pedantic":false,"echo":true,"lang":"bench","version":"1"}\r\n';
const [M, I, P, O, PLUS, LF, SPACE] = Buffer.from("MIPO+\n ");

/** The text protocol of NATS. A room is a subject; a message is confirmed by coming back. */
export const nats: Dialect = {
  grant: (room) => `chat:${room}`,
  path: () => "/",
  // The PONG says that the subscription before it is taken.
  hello: ({ room }) => frame(`${CONNECT}SUB ${room} 1\r\nPING\r\n`),
  message: ({ room }, messageId) => {
    const payload = relayed(room, messageId);
    return frame(`PUB ${room} ${Buffer.byteLength(payload)}\r\n${payload}\r\n`);
  },
  hear: (ears) =>
    streamed((bytes, at, end) => {
      const line = bytes.indexOf(LF!, at) + 1;
      if (line === 0 || line > end) return -1;
      if (bytes[at] === M) {
        const after = line + sizeOf(bytes, line - 2) + 2;
        if (after > end) return -1;
        ears.message(bytes, line, after - 2);
        return after;
      }
      if (bytes[at] === P && bytes[at + 1] === O) ears.joined();
      else if (bytes[at] === P) ears.answer(PONG);
      else if (bytes[at] !== I && bytes[at] !== PLUS) ears.wrong(bytes, at, line);
      return line;
    }),
};

/** The number that ends before `end`, the last word of its line. */
function sizeOf(bytes: Buffer, end: number): number {
  let [size, unit] = [0, 1];
  for (let at = end - 1; bytes[at] !== SPACE; at--, unit *= 10) size += (bytes[at]! - 48) * unit;
  return size;
}
