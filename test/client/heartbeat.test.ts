import { describe, expect, test } from "bun:test";
import { ChatWebSocketClient } from "../../packages/client/src/index.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { stage } from "./connect-stage.ts";
import { fakeSockets } from "./support.ts";

describe("a line that says nothing", () => {
  const heartbeat = { interval: 30_000, timeout: 10_000 };
  async function quiet() {
    const clock = new FakeClock(0);
    const { create, next } = fakeSockets();
    const client = new ChatWebSocketClient({
      ...{ url: "ws://chat", token: "t", clock, createSocket: create, heartbeat, random: () => 0 },
    });
    void client.connect();
    const socket = await next();
    socket.open();
    socket.say({ type: "connected", timestamp: "", data: { userId: "ada" } });
    socket.say({ type: "pong", id: socket.sent.at(-1)?.["id"], timestamp: "", data: {} });
    socket.sent.length = 0;
    return { client, clock, socket };
  }

  test("is asked, and made anew when it does not answer in time", async () => {
    const { client, clock, socket } = await quiet();
    clock.advance(29_999);
    expect(socket.sent).toEqual([]);
    clock.advance(1);
    expect(socket.sent).toMatchObject([{ type: "ping" }]);
    clock.advance(9_999);
    expect(client.isConnected()).toBe(true);
    clock.advance(1);
    expect(client.isConnected()).toBe(false);
    expect(socket.isClosed).toBe(true);
  });

  test("is kept as long as it answers", async () => {
    const { client, clock, socket } = await quiet();
    for (let n = 0; n < 10; n++) {
      clock.advance(35_000);
      socket.say({ type: "pong", timestamp: "", data: {} });
    }
    expect(client.isConnected()).toBe(true);
  });

  test("is not judged by a timer that was held back in the background, but asked again", async () => {
    const { client, clock, socket } = await quiet();
    clock.advance(30_000);
    clock.jump(60_000);
    clock.advance(0);
    expect(client.isConnected()).toBe(true);
    expect(socket.sent).toMatchObject([{ type: "ping" }, { type: "ping" }]);
    socket.say({ type: "pong", timestamp: "", data: {} });
    clock.advance(10_000);
    expect(client.isConnected()).toBe(true);
  });

  test("is lost all the same when it does not answer the second time", async () => {
    const { client, clock } = await quiet();
    clock.advance(30_000);
    clock.jump(60_000);
    clock.advance(0);
    clock.jump(60_000);
    clock.advance(0);
    expect(client.isConnected()).toBe(false);
  });

  test.each([1_000, 20_000, 3_600_000])("is noticed though the clock was set back by %i ms", async (ms) => {
    const { client, clock } = await quiet();
    clock.advance(10_000);
    clock.set(-ms);
    clock.advance(71_000);
    expect(client.isConnected()).toBe(false);
  });
});

test("gifts: a page that is looked at again waits for the server's next ping, and no line is dropped that lives", async () => {
  const page = new EventTarget();
  const { admit, client, clock } = stage("viewer", { network: page });
  void client.connect();
  const socket = await admit();
  const ping = { type: "heartbeat:ping", payload: { sequence: 1 } };
  clock.advance(1_000);
  page.dispatchEvent(new Event("visibilitychange"));
  clock.advance(14_000);
  socket.say(ping);
  clock.advance(15_000);
  expect(client.isConnected()).toBe(true);
  page.dispatchEvent(new Event("visibilitychange"));
  clock.advance(30_000);
  expect(client.isConnected()).toBe(false);
  await client.disconnect();
});
