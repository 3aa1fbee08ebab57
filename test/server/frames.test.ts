import { describe, expect, test } from "bun:test";
import { BINARY, CONTINUATION } from "../support/raw-frames.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const MAX_BYTES = 2_000;

const server = stopAfterAll(await startTestServer({ env: { MAX_MESSAGE_BYTES: String(MAX_BYTES) } }));
const path = `/ws?token=${await server.token("ada")}`;

const connect = () => RawSocket.upgrade(server.port, path);

/** An app-level ping, which is answered with the same number. */
const ping = (timestamp: number): string => JSON.stringify({ type: "ping", data: { timestamp }, timestamp });
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

test("a binary frame is answered in the protocol's words, and the connection lives", async () => {
  const peer = await connect();
  peer.send(ping(1), { opcode: BINARY });
  expect((await peer.hear("error"))["data"].code).toBe(400);
  peer.send(ping(2));
  expect(await pong(peer)).toBe(2);
});

// All the ways to break RFC 6455 are in test/websocket.
test.each<[string, number, (peer: RawSocket) => void]>([
  ["HTTP", 1002, (peer) => peer.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")],
  ["bad UTF-8", 1007, (peer) => peer.send(Buffer.from([0x22, 0xff, 0x22]))],
])("a client that sends %s is closed with %d, and costs others nothing", async (_, code, offend) => {
  const [peer, other] = await Promise.all([connect(), connect()]);
  offend(peer);
  peer.send(ping(1));
  expect((await peer.closing()).code).toBe(code);
  await peer.ended;
  expect(peer.texts).toEqual([]);
  other.send(ping(2));
  expect(await pong(other)).toBe(2);
});
