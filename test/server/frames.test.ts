import { describe, expect, test } from "bun:test";
import { BINARY, CLOSE, CONTINUATION, encodeFrame, PING, PONG } from "../support/raw-frames.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const MAX_BYTES = 2_000;

const server = stopAfterAll(await startTestServer({ env: { MAX_MESSAGE_BYTES: String(MAX_BYTES) } }));
const path = `/ws?token=${await server.token("ada")}`;

const connect = () => RawSocket.upgrade(server.port, path);

/** An app-level ping, which is answered with the same number. */
const ping = (timestamp: number, more = ""): string =>
  JSON.stringify({ type: "ping", data: { timestamp, more }, timestamp });
const pong = async (peer: RawSocket): Promise<unknown> => (await peer.hear("pong"))["data"].timestamp;

describe("the largest message is MAX_MESSAGE_BYTES", () => {
  test("in one frame", async () => {
    const peer = await connect();
    peer.send(ping(1).padEnd(MAX_BYTES));
    expect(await pong(peer)).toBe(1);
    peer.send(ping(2).padEnd(MAX_BYTES + 1));
    expect(await peer.closing()).toMatchObject({ code: 1009 });
    await peer.ended;
  });

  test("in a binary frame too", async () => {
    const peer = await connect();
    peer.send(ping(1).padEnd(MAX_BYTES), { opcode: BINARY });
    expect((await peer.hear("error"))["data"].code).toBe(400);
    peer.send(ping(2).padEnd(MAX_BYTES + 1), { opcode: BINARY });
    expect(await peer.closing()).toMatchObject({ code: 1009 });
  });

  test("over all its fragments", async () => {
    const peer = await connect();
    peer.send(ping(1).padEnd(MAX_BYTES - 1), { fin: false });
    peer.send(" ", { opcode: CONTINUATION });
    expect(await pong(peer)).toBe(1);
    peer.send(ping(2).padEnd(MAX_BYTES), { fin: false });
    peer.send(" ", { opcode: CONTINUATION });
    expect(await peer.closing()).toMatchObject({ code: 1009 });
  });

  test("also in a frame that only claims to be larger than anything", async () => {
    const peer = await connect();
    peer.write(Buffer.from([0x81, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0]));
    expect(await peer.closing()).toMatchObject({ code: 1009 });
  });
});

describe("a message arrives whole", () => {
  test("in fragments, with a ping between them", async () => {
    const peer = await connect();
    const bytes = Buffer.from(ping(1, "😀"));
    const inside = bytes.indexOf(0xf0) + 2;
    peer.send(bytes.subarray(0, 9), { fin: false });
    peer.send("between", { opcode: PING });
    peer.send(bytes.subarray(9, inside), { opcode: CONTINUATION, fin: false });
    peer.send(bytes.subarray(inside), { opcode: CONTINUATION });
    expect((await peer.next(PONG)).payload.toString()).toBe("between");
    expect(await pong(peer)).toBe(1);
  });

  test("in TCP segments of one byte, and several in one segment", async () => {
    const peer = await connect();
    for (const byte of encodeFrame(ping(1))) {
      peer.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    peer.write(Buffer.concat([2, 3, 4].map((timestamp) => encodeFrame(ping(timestamp)))));
    for (const timestamp of [1, 2, 3, 4]) expect(await pong(peer)).toBe(timestamp);
  });
});

test("a ping is answered with its payload, be it empty or as long as it may be", async () => {
  const peer = await connect();
  for (const payload of ["", "are you there", "x".repeat(125)]) {
    peer.send(payload, { opcode: PING });
    expect((await peer.next(PONG)).payload.toString()).toBe(payload);
  }
});

test("a binary frame is answered in the protocol's words, and the connection lives", async () => {
  const peer = await connect();
  peer.send(ping(1), { opcode: BINARY });
  expect((await peer.hear("error"))["data"].code).toBe(400);
  peer.send(ping(2));
  expect(await pong(peer)).toBe(2);
});

test("a close frame is answered with its code", async () => {
  for (const [payload, code] of [
    [[], 1005],
    [[3, 232], 1000],
    [[16, 27, 98, 121, 101], 4123],
  ] as const) {
    const peer = await connect();
    peer.send(Buffer.from(payload), { opcode: CLOSE });
    expect(await peer.closing()).toMatchObject({ code });
    await peer.ended;
  }
});

describe("whoever breaks RFC 6455 is told so and closed:", () => {
  test.each<[string, number, (peer: RawSocket) => void]>([
    ["a frame without a mask", 1002, (peer) => peer.send(ping(1), { masked: false })],
    ["a reserved bit", 1002, (peer) => peer.send(ping(1), { reserved: 4 })],
    ["an opcode that is none", 1002, (peer) => peer.send(ping(1), { opcode: 3 })],
    ["a continuation of nothing", 1002, (peer) => peer.send(ping(1), { opcode: CONTINUATION })],
    ["a message inside a message", 1002, (peer) => [peer.send("{", { fin: false }), peer.send("}")]],
    ["a ping in fragments", 1002, (peer) => peer.send("x", { opcode: PING, fin: false })],
    ["a ping that is too long", 1002, (peer) => peer.send("x".repeat(126), { opcode: PING })],
    ["half a close code", 1002, (peer) => peer.send("x", { opcode: CLOSE })],
    ["a close code that none may send", 1002, (peer) => peer.send(Buffer.from([3, 237]), { opcode: CLOSE })],
    ["HTTP", 1002, (peer) => peer.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")],
    ["bad UTF-8", 1007, (peer) => peer.send(Buffer.from([0x22, 0xff, 0x22]))],
    ["a surrogate in UTF-8", 1007, (peer) => peer.send(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))],
  ])("%s", async (_, code, offend) => {
    const [peer, other] = await Promise.all([connect(), connect()]);
    offend(peer);
    peer.send(ping(1));
    expect((await peer.closing()).code).toBe(code);
    await peer.ended;
    expect(peer.texts).toEqual([]);
    other.send(ping(2));
    expect(await pong(other)).toBe(2);
  });
});
