import { describe, expect, test } from "bun:test";
import { BINARY, CLOSE, encodeFrame, PING, PONG, TEXT } from "../support/raw-frames.ts";
import { stopAfterAll } from "../support/server.ts";
import {
  ASK,
  askOf,
  expectAnswer,
  expectFailed,
  opcodes,
  type Sent,
  send,
  startStage,
  type Way,
} from "./stage.ts";

const stage = stopAfterAll(await startStage());

describe("1 Framing: a message of any length is one message", () => {
  const lengths = [0, 125, 126, 127, 128, 65_535, 65_536];
  test.each([
    ...lengths.map((length, n): [string, number, number] => [`1.1.${n + 1}`, TEXT, length]),
    ...lengths.map((length, n): [string, number, number] => [`1.2.${n + 1}`, BINARY, length]),
  ])("%s", async (_, opcode, length) => {
    const peer = await stage.open();
    await send(peer, [[length === 0 ? "" : askOf(length), { opcode }], [ASK]]);
    await expectAnswer(peer);
    await expectAnswer(peer);
  });

  test.each([
    ["1.1.8", TEXT],
    ["1.2.8", BINARY],
  ])("%s, in chops of 997 octets", async (_, opcode) => {
    const peer = await stage.open();
    const bytes = encodeFrame(askOf(65_536), { opcode });
    for (let at = 0; at < bytes.length; at += 997) {
      peer.write(bytes.subarray(at, at + 997));
      await new Promise(setImmediate);
    }
    await expectAnswer(peer);
  });
});

describe("2 Pings and pongs", () => {
  const binary = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);
  test.each<[string, string | Uint8Array, Way]>([
    ["2.1 without payload", "", "in one chop"],
    ["2.2 with a text", "Hello, world!", "in one chop"],
    ["2.3 with bytes", binary, "in one chop"],
    ["2.4 with 125 octets", Buffer.alloc(125, 0xfe), "in one chop"],
    ["2.6 with 125 octets, octet by octet", Buffer.alloc(125, 0xfe), "in octet-wise chops"],
  ])("%s", async (_, payload, way) => {
    const peer = await stage.open();
    await send(peer, [[payload, { opcode: PING }]], way);
    expect((await peer.next(PONG)).payload).toEqual(Buffer.from(payload));
  });

  test("2.5 with 126 octets", async () => {
    const peer = await stage.open();
    peer.send(Buffer.alloc(126, 0xfe), { opcode: PING });
    await expectFailed(peer, 1002);
    expect(opcodes(peer)).toEqual([CLOSE]);
  });

  test.each([
    ["2.7 a pong without payload", ""],
    ["2.8 a pong with payload", "unsolicited pong payload"],
  ])("%s that nobody asked for is passed over", async (_, payload) => {
    const peer = await stage.open();
    await send(peer, [[payload, { opcode: PONG }], [ASK]]);
    await expectAnswer(peer);
    expect(opcodes(peer)).toEqual([TEXT]);
  });

  test("2.9 such a pong, and then a ping", async () => {
    const peer = await stage.open();
    await send(peer, [
      ["unsolicited", { opcode: PONG }],
      ["ping", { opcode: PING }],
    ]);
    expect((await peer.next(PONG)).payload.toString()).toBe("ping");
    expect(opcodes(peer)).toEqual([PONG]);
  });

  test.each<[string, Way]>([
    ["2.10", "in one chop"],
    ["2.11", "in octet-wise chops"],
  ])("%s ten pings", async (_, way) => {
    const peer = await stage.open();
    const payloads = Array.from({ length: 10 }, (_, n) => `payload-${n}`);
    await send(
      peer,
      payloads.map((payload): Sent => [payload, { opcode: PING }]),
      way,
    );
    for (const payload of payloads) expect((await peer.next(PONG)).payload.toString()).toBe(payload);
  });
});

describe("3 Reserved bits, 4 opcodes: a client that uses them is failed at once", () => {
  test.each<[string, Sent]>([
    ["3.1", [ASK, { reserved: 1 }]],
    ["3.5", [Buffer.alloc(8, 0xff), { reserved: 5, opcode: BINARY }]],
    ["3.6", ["ping", { reserved: 6, opcode: PING }]],
    ["3.7", [Buffer.from([3, 232]), { reserved: 7, opcode: CLOSE }]],
    ["4.1.1", ["", { opcode: 3 }]],
    ["4.1.2", ["reserved opcode payload", { opcode: 4 }]],
    ["4.2.1", ["", { opcode: 11 }]],
    ["4.2.2", ["reserved opcode payload", { opcode: 12 }]],
  ])("%s", async (_, frame) => {
    const peer = await stage.open();
    await send(peer, [frame]);
    await expectFailed(peer, 1002);
    expect(opcodes(peer)).toEqual([CLOSE]);
  });

  const afterMessage: [string, Sent, Way][] = [
    ["3.2", [ASK, { reserved: 2 }], "in one chop"],
    ["3.3", [ASK, { reserved: 3 }], "in frame-wise chops"],
    ["3.4", [ASK, { reserved: 4 }], "in octet-wise chops"],
    ["4.1.3", ["", { opcode: 5 }], "in one chop"],
    ["4.1.4", ["reserved opcode payload", { opcode: 6 }], "in one chop"],
    ["4.1.5", ["reserved opcode payload", { opcode: 7 }], "in one chop"],
    ["4.2.3", ["", { opcode: 13 }], "in one chop"],
    ["4.2.4", ["reserved opcode payload", { opcode: 14 }], "in one chop"],
    ["4.2.5", ["reserved opcode payload", { opcode: 15 }], "in one chop"],
  ];
  test.each(afterMessage)(
    "%s, after a message and before a ping, which is not answered",
    async (_, frame, way) => {
      const peer = await stage.open();
      await send(peer, [[ASK], frame, ["", { opcode: PING }]], way);
      await expectFailed(peer, 1002);
      expect(opcodes(peer)).not.toContain(PONG);
      // docs/websocket.md: what comes in one segment with the offence is no longer answered.
      if (way === "in one chop") expect(opcodes(peer)).toEqual([CLOSE]);
    },
  );

  test.each(afterMessage)("%s, after the message was answered", async (_, frame, way) => {
    const peer = await stage.open();
    peer.send(ASK);
    await expectAnswer(peer);
    await send(peer, [frame, ["", { opcode: PING }]], way);
    await expectFailed(peer, 1002);
    expect(opcodes(peer)).toEqual([TEXT, CLOSE]);
  });
});

test("no number: a length in more bytes than it needs is taken, though RFC 6455 5.2 forbids clients to send it", async () => {
  const peer = await stage.open();
  peer.write(Buffer.concat([Buffer.from([0x81, 0xfe, 0, ASK.length, 0, 0, 0, 0]), Buffer.from(ASK)]));
  await expectAnswer(peer);
});

test("no number: a frame without a mask is failed", async () => {
  const peer = await stage.open();
  peer.send(ASK, { masked: false });
  await expectFailed(peer, 1002);
});
