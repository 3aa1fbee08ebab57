import { expect, test } from "bun:test";
import { AnalyticsWebSocketClient, ChatWebSocketClient } from "../../packages/client/src/index.ts";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { fakeSockets, hasty, noRate } from "./support.ts";

const server = stopAfterAll(await startTestServer());

async function talker(userId: string, contextId: string, port = server.port) {
  const heard: string[] = [];
  const client = new ChatWebSocketClient({
    url: `ws://127.0.0.1:${port}/api/chat/ws`,
    token: () => server.token(userId),
    contextId,
    reconnect: hasty,
    rate: noRate,
  });
  client.subscribe("message", ({ data }) => heard.push(data.content));
  await client.connect();
  return {
    client,
    heard,
    say: (content: string) => client.send({ type: "message", data: { content } }),
    hears: (content: string) =>
      new Promise<void>((resolve) =>
        client.subscribe("message", ({ data }) => data.content === content && resolve()),
      ),
  };
}

test("a message resolves to itself as it was stored, and all in the context hear it", async () => {
  const ada = await talker("ada", "c1");
  const bob = await talker("bob", "c1");
  const heard = bob.hears("Hello");
  const answer = await ada.say("Hello");
  expect(answer).toMatchObject({
    type: "message",
    data: { content: "Hello", authorId: "ada", messageType: "text" },
  });
  await heard;
  const { data } = await bob.client.send({ type: "history", data: { limit: 10 } });
  expect(data).toMatchObject({ messages: [{ content: "Hello" }], hasMore: false });
  await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
});

test("everything that was said while the line was cut is heard, in order, however much", async () => {
  const relay = await startRelay(server.port);
  const ada = await talker("ada", "c2");
  const bob = await talker("bob", "c2", relay.port);
  const first = bob.hears("0");
  await ada.say("0");
  await first;
  await bob.client.disconnect();
  const said = Array.from({ length: 350 }, (_, n) => `${n}`);
  for (const content of said.slice(1)) await ada.say(content);
  const last = bob.hears("349");
  await bob.client.connect();
  await last;
  expect(bob.heard).toEqual(said);
  await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
  relay.stop();
});

test("what was said before the first connection is history, and no event", async () => {
  const ada = await talker("ada", "c3");
  await ada.say("long ago");
  const bob = await talker("bob", "c3");
  const heard = bob.hears("now");
  await bob.client.send({ type: "history", data: {} });
  await ada.say("now");
  await heard;
  expect(bob.heard).toEqual(["now"]);
  await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
});

test("a context that is not the user's ends it at once", async () => {
  const client = new ChatWebSocketClient({
    url: server.url("/api/chat/ws"),
    token: () => server.token("ada", { rooms: ["context:hers"] }),
    contextId: "his",
    reconnect: hasty,
    rate: noRate,
  });
  await expect(client.connect()).rejects.toThrow();
  expect(client.getConnectionState()).toBe("error");
});

test("metrics are told as they stand, on change, and again after a reconnect until they are unsubscribed", async () => {
  const relay = await startRelay(server.port);
  const values: unknown[] = [];
  const client = new AnalyticsWebSocketClient({
    url: `ws://127.0.0.1:${relay.port}/api/analytics/ws`,
    token: () => server.token("ada"),
    contextId: "c4",
    reconnect: hasty,
    rate: noRate,
  });
  let wake = () => {};
  client.subscribe("metric_update", ({ data }) => {
    values.push(data.value);
    wake();
  });
  const next = () => new Promise<void>((resolve) => (wake = resolve));
  await client.connect();
  const { data } = await client.send({ type: "subscribe", data: { metrics: ["performance"] } });
  expect(data).toMatchObject({ metric: "performance", value: null });
  const post = (value: number) =>
    server.http("POST", "/v1/atomic/events", {
      ...{ room: "context:c4", type: "metric_update", data: { metric: "performance", value } },
    });
  let told = next();
  await post(0.5);
  await told;
  told = next();
  relay.breakOff();
  await told;
  told = next();
  await post(0.75);
  await told;
  expect(values).toEqual([null, 0.5, 0.5, 0.75]);
  await client.send({ type: "unsubscribe", data: { metrics: ["performance"] } });
  await post(1);
  await client.send({ type: "subscribe", data: { metrics: ["activity"] } });
  expect(values).toEqual([null, 0.5, 0.5, 0.75, 0]);
  await client.disconnect();
  relay.stop();
});

test("the client is connected once it knows where to begin, so that nothing said from then on is missed", async () => {
  const { create, next } = fakeSockets();
  const client = new ChatWebSocketClient({ url: "ws://chat", token: "t", createSocket: create });
  const connected = client.connect();
  const socket = await next();
  socket.open();
  socket.say({ type: "connected", timestamp: "", data: { userId: "ada" } });
  expect(client.isConnected()).toBe(false);
  const id = socket.sent.at(-1)?.["id"];
  socket.say({ type: "pong", id, timestamp: "", data: {} });
  await connected;
  await client.disconnect();
});

test("metrics that were refused keep no others from being subscribed to again", async () => {
  const { create, next } = fakeSockets();
  const client = new AnalyticsWebSocketClient({
    ...{ url: "ws://analytics", token: "t", contextId: "c", createSocket: create },
    ...{ reconnect: hasty, rate: noRate },
  });
  const connected = client.connect();
  const admit = async () => {
    const socket = await next();
    socket.open();
    socket.say({ type: "connected", timestamp: "", data: {} });
    return socket;
  };
  const first = await admit();
  await connected;
  const subscribe = (metric: string) => client.send({ type: "subscribe", data: { metrics: [metric] } });
  const good = subscribe("good");
  first.say({
    type: "metric_update",
    id: first.sent.at(-1)?.["id"],
    timestamp: "",
    data: { metric: "good" },
  });
  await good;
  const bad = subscribe("not a name");
  first.say({ type: "error", id: first.sent.at(-1)?.["id"], timestamp: "", error: "Invalid metrics" });
  await expect(bad).rejects.toThrow("Invalid metrics");
  first.end();
  const second = await admit();
  expect(second.sent).toMatchObject([{ type: "auth" }, { type: "subscribe", data: { metrics: ["good"] } }]);
  await client.disconnect();
});
