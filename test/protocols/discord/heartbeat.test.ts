import { expect, test } from "bun:test";
import { FakeClock } from "../../support/fake-clock.ts";
import { PING } from "../../support/raw-frames.ts";
import { RawSocket } from "../../support/raw-socket.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { auth } from "./viewer.ts";

const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock }));

test("the server sends an empty ping frame every fifteen seconds, and nothing else", async () => {
  const peer = await RawSocket.upgrade(server.port, "/api/ws");
  peer.send(JSON.stringify(auth(await server.token("ada", { rooms: ["guild:1"] }))));
  await peer.hear("ack");
  for (let ping = 1; ping <= 4; ping++) {
    clock.advance(15_000);
    expect((await peer.next(PING)).payload).toHaveLength(0);
    peer.send(JSON.stringify(auth("anything")));
    await peer.hear("error");
  }
  expect(peer.frames.filter(({ opcode }) => opcode === PING)).toHaveLength(4);
  // Four pings, the acknowledgment, and the four errors that were asked for.
  expect(peer.frames).toHaveLength(9);
  peer.destroy();
});

test("a peer that answers no ping for thirty seconds is closed", async () => {
  const peer = await RawSocket.upgrade(server.port, "/api/ws", { answersPings: false });
  peer.send(JSON.stringify(auth(await server.token("silent", { rooms: ["guild:1"] }))));
  await peer.hear("ack");
  clock.advance(30_000);
  expect(peer.isEnded).toBe(false);
  clock.advance(250);
  expect(await peer.closing()).toEqual({ code: 1008, reason: "Heartbeat timeout" });
});
