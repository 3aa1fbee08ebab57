import { describe, expect, test } from "bun:test";
import { CLOSE, CONTINUATION, PING, TEXT } from "../support/raw-frames.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { stopAfterAll } from "../support/server.ts";
import { ASK, askOf, expectAnswer, expectFailed, opcodes, type Sent, send, startStage } from "./stage.ts";

const stage = stopAfterAll(await startStage(300_000));

const close = (code: number, reason: string | Uint8Array = ""): Sent => {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return [Buffer.concat([head, Buffer.from(reason)]), { opcode: CLOSE }];
};

describe("7 Close handling", () => {
  test("7.1.1 a message, its answer, then a close", async () => {
    const peer = await stage.open();
    await send(peer, [[ASK]]);
    await expectAnswer(peer);
    await send(peer, [close(1000)]);
    await expectFailed(peer, 1000);
    expect(opcodes(peer)).toEqual([TEXT, CLOSE]);
  });

  test("7.1.1, 7.1.6 a message and the close in one segment: it is closed, and the message is not answered (docs/websocket.md)", async () => {
    for (const size of [ASK.length, 262_144]) {
      const peer = await stage.open();
      await send(peer, [[askOf(size)], close(1000), ["", { opcode: PING }]]);
      await expectFailed(peer, 1000);
      expect(opcodes(peer)).toEqual([CLOSE]);
    }
  });

  test.each<[string, readonly Sent[]]>([
    ["7.1.2 a second close", [close(1000), close(1000)]],
    ["7.1.3 a ping", [close(1000), ["", { opcode: PING }]]],
    ["7.1.4 a message", [close(1000), [ASK]]],
    [
      "7.1.5 the rest of a message",
      [[ASK.slice(0, 5), { fin: false }], close(1000), [ASK.slice(5), { opcode: CONTINUATION }]],
    ],
  ])("%s after the close is passed over", async (_, frames) => {
    const peer = await stage.open();
    await send(peer, frames);
    await expectFailed(peer, 1000);
    expect(opcodes(peer)).toEqual([CLOSE]);
  });

  test.each<[string, Sent, number]>([
    ["7.3.1 an empty close", ["", { opcode: CLOSE }], 1005],
    ["7.3.2 half a code", ["a", { opcode: CLOSE }], 1002],
    ["7.3.3 a code", close(1000), 1000],
    ["7.3.4 a code and a reason", close(1000, "Hello World!"), 1000],
    ["7.3.5 a reason of 123 octets", close(1000, "*".repeat(123)), 1000],
    ["7.3.6 a reason of 124 octets", close(1000, "*".repeat(124)), 1002],
    [
      "7.5.1 a reason that is no UTF-8",
      close(1000, Buffer.from("cebae1bdb9cf83cebcceb5eda080656469746564", "hex")),
      1007,
    ],
  ])("%s", async (_, frame, code) => {
    const peer = await stage.open();
    await send(peer, [frame]);
    await expectFailed(peer, code);
    expect(opcodes(peer)).toEqual([CLOSE]);
  });

  test.each(
    [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map(
      (code, n) => [`7.7.${n + 1}`, code] as const,
    ),
  )("%s the valid code %d is answered with the same", async (_, code) => {
    const peer = await stage.open();
    await send(peer, [close(code)]);
    await expectFailed(peer, code);
  });

  test.each([
    ...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((code, n) => [`7.9.${n + 1}`, code] as const),
    ...([
      ["7.13.1", 5000],
      ["7.13.2", 65_535],
    ] as const),
  ])("%s the invalid code %d is failed", async (_, code) => {
    const peer = await stage.open();
    await send(peer, [close(code)]);
    await expectFailed(peer, 1002);
  });
});

test.each<[string, Sent]>([
  ["7.1.1 a close", close(1000)],
  ["3.2 an offence", [ASK, { reserved: 2 }]],
])(
  "a message in one segment with %s is stored, though it is not confirmed (docs/websocket.md)",
  async (what, last) => {
    const { server } = stage;
    const chatId = what.slice(0, 3);
    const peer = await RawSocket.upgrade(server.port, `/ws?token=${await server.token("ada")}`);
    peer.say("ping", {});
    await peer.hear("pong");
    const heard = peer.frames.length;
    const said = { type: "message", data: { chatId, content: "last words" }, timestamp: 1 };
    await send(peer, [[JSON.stringify(said)], last]);
    await peer.ended;
    expect(peer.frames.slice(heard).map(({ opcode }) => opcode)).toEqual([CLOSE]);
    const room = await server.http("GET", `/v1/rooms/chat:${chatId}/messages`);
    expect(await room.json()).toMatchObject({ messages: [{ content: "last words" }] });
  },
);
