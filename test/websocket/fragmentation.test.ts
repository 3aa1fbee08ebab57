import { describe, expect, test } from "bun:test";
import { CLOSE, CONTINUATION, PING, PONG, TEXT } from "../support/raw-frames.ts";
import { stopAfterAll } from "../support/server.ts";
import {
  ASK,
  expectAnswer,
  expectFailed,
  opcodes,
  type Sent,
  send,
  startStage,
  type Way,
  ways,
} from "./stage.ts";

const stage = stopAfterAll(await startStage());

const first: Sent = [ASK.slice(0, 5), { fin: false }];
const last: Sent = [ASK.slice(5), { opcode: CONTINUATION }];
const ping: Sent = ["between", { opcode: PING }];
const stray = (fin: boolean): Sent => ["non-continuation payload", { opcode: CONTINUATION, fin }];
const named = (from: number, frames: readonly Sent[]): [string, Way, readonly Sent[]][] =>
  ways.map((way, n) => [`5.${from + n}`, way, frames]);

describe("5 Fragmentation", () => {
  test.each<[string, Sent]>([
    ["5.1 a ping", ["fragment1", { opcode: PING, fin: false }]],
    ["5.2 a pong", ["fragment1", { opcode: PONG, fin: false }]],
  ])("%s in fragments is failed", async (_, frame) => {
    const peer = await stage.open();
    await send(peer, [frame, ["fragment2", { opcode: CONTINUATION }]]);
    await expectFailed(peer, 1002);
    expect(opcodes(peer)).toEqual([CLOSE]);
  });

  test.each(named(3, [first, last]))(
    "%s a text in two fragments, %s, is one message",
    async (_, way, frames) => {
      const peer = await stage.open();
      await send(peer, frames, way);
      await expectAnswer(peer);
      expect(opcodes(peer)).toEqual([TEXT]);
    },
  );

  test.each(named(6, [first, ping, last]))(
    "%s and a ping between them, %s, is answered first",
    async (_, way, frames) => {
      const peer = await stage.open();
      await send(peer, frames, way);
      await expectAnswer(peer);
      expect(opcodes(peer)).toEqual([PONG, TEXT]);
    },
  );

  test.each([
    ...named(9, [stray(true), [ASK]]),
    ...named(12, [stray(false), [ASK]]),
    ["5.16", "in one chop" as Way, [stray(false), first, last, stray(false), first, last]] as const,
    ["5.17", "in one chop" as Way, [stray(true), first, last, stray(true), first, last]] as const,
    ["5.18 two beginnings", "in one chop" as Way, [first, [ASK.slice(5)]] as readonly Sent[]] as const,
  ])("%s a continuation of nothing, %s, is failed", async (_, way, frames) => {
    const peer = await stage.open();
    await send(peer, frames, way);
    await expectFailed(peer, 1002);
    expect(opcodes(peer)).toEqual([CLOSE]);
  });

  test("5.15 after a whole message, in one segment with it, it is failed and that is not answered (docs/websocket.md)", async () => {
    const peer = await stage.open();
    await send(peer, [first, last, stray(false), [ASK]]);
    await expectFailed(peer, 1002);
    expect(opcodes(peer)).toEqual([CLOSE]);
  });

  test.each<[string, Way]>([
    ["5.19", "in one chop"],
    ["5.20", "in frame-wise chops"],
  ])("%s a message of five fragments with pings, the second half later, %s", async (_, way) => {
    const peer = await stage.open();
    const middle = (text: string): Sent => [text, { opcode: CONTINUATION, fin: false }];
    await send(peer, [first, middle(ASK.slice(5, 8)), ["one", { opcode: PING }]], way);
    expect((await peer.next(PONG)).payload.toString()).toBe("one");
    const rest: Sent[] = [middle(ASK.slice(8, 10)), ["two", { opcode: PING }], middle(ASK.slice(10, 12))];
    await send(peer, [...rest, [ASK.slice(12), { opcode: CONTINUATION }]], way);
    expect((await peer.next(PONG)).payload.toString()).toBe("two");
    await expectAnswer(peer);
    expect(opcodes(peer)).toEqual([PONG, PONG, TEXT]);
  });
});

test("10.1.1 a message of 65,536 octets in fragments of 1,300", async () => {
  const peer = await stage.open();
  const text = ASK.padEnd(65_536);
  const count = Math.ceil(text.length / 1_300);
  const frames = Array.from(
    { length: count },
    (_, n): Sent => [
      text.slice(n * 1_300, (n + 1) * 1_300),
      { opcode: n === 0 ? TEXT : CONTINUATION, fin: n === count - 1 },
    ],
  );
  await send(peer, frames);
  await expectAnswer(peer);
});
