import type { Dialect } from "../dialect.ts";
import { relayed } from "../words.ts";
import { streamed } from "./stream.ts";

const [CONNACK, PUBLISH, SUBACK] = [0x20, 0x30, 0x90];

/** MQTT 3.1.1 with QoS 0, over TCP itself. A room is a topic; a message is confirmed by coming back. */
export const mqtt: Dialect = {
  plain: true,
  grant: (room) => `chat:${room}`,
  path: () => "",
  hello: ({ user, room }) => {
    // Protocol level 4, a clean session, and no keep-alive.
    const connect = packet(0x10, text("MQTT"), Buffer.from([4, 2, 0, 0]), text(`user-${user}`));
    return Buffer.concat([connect, packet(0x82, Buffer.from([0, 1]), text(room), Buffer.from([0]))]);
  },
  message: ({ room }, messageId) => packet(PUBLISH, text(room), Buffer.from(relayed(room, messageId))),
  hear: (ears) =>
    streamed((bytes, at, end) => {
      let [length, shift, start] = [0, 0, at + 1];
      for (let byte = 0x80; byte & 0x80; shift += 7) {
        if (start >= end) return -1;
        byte = bytes[start++]!;
        length |= (byte & 0x7f) << shift;
      }
      const after = start + length;
      if (after > end) return -1;
      if (bytes[at] === PUBLISH) ears.message(bytes, start + 2 + bytes.readUInt16BE(start), after);
      else if (bytes[at] === SUBACK) ears.joined();
      else if (bytes[at] !== CONNACK) ears.wrong(bytes, at, after);
      return after;
    }),
};

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

function packet(kind: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.length; rest > 0 || length.length === 0; rest >>= 7) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  }
  return Buffer.concat([Buffer.from([kind, ...length]), body]);
}
