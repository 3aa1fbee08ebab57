import { describe, expect, test } from "bun:test";
import { CollaborationWebSocketClient } from "../../packages/client/src/index.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { clients, messages, sendBy, senderNames } from "./clients.ts";
import { stage } from "./connect-stage.ts";
import { memoryStore } from "./store-page.ts";
import { fakeSockets, outcome } from "./support.ts";

describe.each(senderNames)("%s: a page that disconnects when it hears that it is connected", (name) => {
  test("sends at once what it has written meanwhile, when it connects again", async () => {
    const { admit, client } = stage(name, { heartbeat: { interval: 0 }, store: memoryStore().store });
    const stop = client.onConnectionEvent(({ type }) => {
      if (type !== "connected") return;
      stop();
      void client.disconnect();
    });
    void outcome(sendBy(client, messages[name]("before")));
    void client.connect();
    const first = await admit();
    void outcome(sendBy(client, messages[name]("meanwhile")));
    expect(JSON.stringify(first.sent)).not.toContain("before");
    void client.connect();
    const second = await admit();
    expect(JSON.stringify(second.sent)).toContain("before");
    await client.disconnect();
  });
});

test("collaboration: a page that disconnects when it is back sends again after the next connect", async () => {
  const clock = new FakeClock(0);
  const { create, next } = fakeSockets();
  const client = new CollaborationWebSocketClient({
    ...{ url: "ws://server/path", token: "a token", clock, random: () => 0, createSocket: create },
  });
  const admit = async () => {
    const socket = await next();
    socket.open();
    clients.collaboration.letIn(socket);
    return socket;
  };
  const join = (socket: Awaited<ReturnType<typeof admit>>) => {
    const asked = socket.sent.findLast(({ type }) => type === "join_session");
    const data = { sessionId: "s1", content: "", version: 0, participants: [] };
    socket.say({ type: "session_joined", id: asked?.["id"], timestamp: "", data });
  };
  void client.connect();
  const first = await admit();
  const joined = client.join("s1");
  join(first);
  const text = await joined;
  first.end();
  const stop = client.onConnectionEvent(({ type }) => {
    if (type !== "connected") return;
    stop();
    void client.disconnect();
  });
  clock.advance(0);
  await admit();
  void client.connect();
  const third = await admit();
  join(third);
  text.edit(0, 0, "typed");
  expect(JSON.stringify(third.sent)).toContain("typed");
  await client.disconnect();
});
