import net from "node:net";
import { addressOf, type Target, tokenFor } from "./target.ts";

const mask = [0, 0, 0, 0];
/** Bytes that the WebSocket protocol forbids, or that leave a frame incomplete. */
const GARBAGE: readonly (readonly number[])[] = [
  [0x81, 0x05, 0x68, 0x65, 0x6c, 0x6c, 0x6f], // not masked
  [0xf1, 0x81, ...mask, 0x7b], // reserved bits
  [0x83, 0x80, ...mask], // an unknown opcode
  [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...mask], // longer than any limit
  [0x81, 0x82, ...mask, 0xc3, 0x28], // invalid UTF-8
  [0x89, 0xfe, 0x01, 0x00, ...mask], // a ping that is too long
  [0x01, 0x81, ...mask, 0x7b, 0x81, 0x81, ...mask, 0x7b], // a new message within another
  [0x81, 0xfe], // half of a head
  [0x88, 0x81, ...mask, 0x03], // half of a close code
  [0x0d, 0x0a, 0x00, 0xff, 0x16, 0x03, 0x01], // no frame at all
];

const STAYS_MS = 300;

/** Opens a connection correctly and then sends forbidden bytes. */
export async function sendGarbage(target: Target, who: number): Promise<void> {
  const token = await tokenFor(target, "vandal", ["chat:elsewhere"]);
  const { host, port } = addressOf(target);
  const socket = net.connect(port, host);
  socket.on("error", () => {});
  socket.write(
    `GET /ws?token=${token} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  socket.once("data", () => socket.write(new Uint8Array(GARBAGE[Math.floor(who * GARBAGE.length)] ?? [])));
  await Bun.sleep(STAYS_MS);
  socket.destroy();
}
