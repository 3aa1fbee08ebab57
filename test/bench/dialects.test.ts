import { describe, expect, test } from "bun:test";
import type { Dialect, Ears } from "../../bench/dialect.ts";
import { mqtt } from "../../bench/dialects/mqtt.ts";
import { nats } from "../../bench/dialects/nats.ts";

const name = { user: 1, room: "room-1", token: "" };
const long = "x".repeat(300);

const published = (payload: string): Buffer => {
  const body = Buffer.concat([Buffer.from([0, 6]), Buffer.from(`room-1${payload}`)]);
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from([0x30, ...length]), body]);
};
const streams: [string, Dialect, Buffer][] = [
  [
    "NATS",
    nats,
    Buffer.from(`INFO {}\r\nPONG\r\nMSG room-1 1 5\r\nhello\r\nMSG room-1 1 300\r\n${long}\r\n`),
  ],
  [
    "MQTT",
    mqtt,
    Buffer.concat([Buffer.from([0x20, 2, 0, 0, 0x90, 3, 0, 1, 0]), published("hello"), published(long)]),
  ],
];

/** What a member hears when the stream comes in pieces that end at these places. */
function heard(dialect: Dialect, bytes: Buffer, ...cuts: readonly number[]): string[] {
  const said: string[] = [];
  const ears: Ears = {
    joined: () => said.push("joined"),
    message: (piece, start, end) => said.push(piece.toString("utf8", start, end)),
    answer: () => said.push("answer"),
    wrong: () => said.push("wrong"),
  };
  const hear = dialect.hear(ears, name);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    hear(Buffer.from(bytes.subarray(from, to)), 0, to - from);
    from = to;
  }
  return said;
}

describe("a stream of messages is heard the same wherever its frames end", () => {
  for (const [title, dialect, bytes] of streams) {
    test(title, () => {
      for (let first = 0; first < bytes.length; first += 3) {
        for (let second = first; second < bytes.length; second += 7) {
          expect(heard(dialect, bytes, first, second)).toEqual(["joined", "hello", long]);
        }
      }
    });
  }
});
