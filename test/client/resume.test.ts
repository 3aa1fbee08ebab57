import { expect, test } from "bun:test";
import {
  ChatWebSocketClient,
  type ConnectionEvent,
  DietWebSocketClient,
  type MessageStore,
  VoiceChannelClient,
} from "../../packages/client/src/index.ts";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { fakeSockets, hasty, noRate, offsetStore, tokenOf } from "./support.ts";

const server = stopAfterAll(await startTestServer({ env: { RESUME_LIMIT: "50" } }));

function chat(userId: string, contextId: string, more: { port?: number; store?: MessageStore } = {}) {
  const { port = server.port, store } = more;
  const heard: unknown[] = [];
  const events: ConnectionEvent[] = [];
  const client = new ChatWebSocketClient({
    ...{ url: `ws://127.0.0.1:${port}/api/chat/ws`, token: () => server.token(userId), contextId },
    ...{ reconnect: hasty, rate: noRate, ...(store && { store }) },
  });
  client.subscribe("message", ({ data }) => heard.push(data.content));
  client.onConnectionEvent((event) => events.push(event));
  const say = (content: string) => client.send({ type: "message", data: { content } });
  const hears = (content: string) =>
    new Promise<void>((resolve) =>
      client.subscribe("message", ({ data }) => data.content === content && resolve()),
    );
  return { client, heard, events, say, hears };
}

test("a context in which nothing was said yet is resumed, and the verdict is told", async () => {
  const relay = await startRelay(server.port);
  const [ada, bob] = [chat("ada", "quiet"), chat("bob", "quiet", { port: relay.port })];
  await Promise.all([ada.client.connect(), bob.client.connect()]);
  await bob.client.disconnect();
  for (const content of ["one", "two", "three"]) await ada.say(content);
  const last = bob.hears("three");
  await bob.client.connect();
  await last;
  expect(bob.heard).toEqual(["one", "two", "three"]);
  expect(bob.events.find(({ type }) => type === "resumed")?.data).toMatchObject({
    ...{ resumed: "complete", room: "context:quiet", until: 3 },
  });
  await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
  relay.stop();
});

test("what can no longer be told is said to be missing, with the reason", async () => {
  const [ada, bob] = [chat("ada", "long"), chat("bob", "long")];
  await Promise.all([ada.client.connect(), bob.client.connect()]);
  const first = bob.hears("first");
  await ada.say("first");
  await first;
  await bob.client.disconnect();
  for (let n = 0; n < 60; n++) await ada.say(`${n}`);
  await bob.client.connect();
  expect(bob.events.find(({ type }) => type === "resumed")?.data).toMatchObject({
    ...{ resumed: "incomplete", room: "context:long", reason: "too_many" },
  });
  const live = bob.hears("live");
  await ada.say("live");
  await live;
  expect(bob.heard).toEqual(["first", "live"]);
  await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
});

test("a page that is loaded again goes on where the last one was, where the store keeps that; another user does not", async () => {
  const store = offsetStore();
  const ada = chat("ada", "again");
  const before = chat("bob", "again", { store });
  await Promise.all([ada.client.connect(), before.client.connect()]);
  const first = before.hears("first");
  await ada.say("first");
  await first;
  await before.client.disconnect();
  await ada.say("second");
  const after = chat("bob", "again", { store });
  const eve = chat("eve", "again", { store });
  const second = after.hears("second");
  await Promise.all([after.client.connect(), eve.client.connect()]);
  await second;
  expect(after.heard).toEqual(["second"]);
  expect(eve.heard).toEqual([]);
  await Promise.all([ada, after, eve].map(({ client }) => client.disconnect()));
});

test("discord: a guild in which nothing was said while there was a connection", async () => {
  const voice = new VoiceChannelClient({
    ...{ url: server.url("/api/ws"), reconnect: hasty },
    token: () => server.token("ada", { rooms: ["guild:quiet"] }),
  });
  const heard: string[] = [];
  const both = new Promise<void>((resolve) =>
    voice.subscribe("room.created", ({ payload }) => {
      if (heard.push(payload.name) === 2) resolve();
    }),
  );
  await voice.connect();
  // It has connected when it hears of another room, which is told of after all that it joins.
  const told = new Promise<void>((resolve) => voice.subscribe("voice.left", () => resolve()));
  const left = { guildId: "quiet", channelId: null, userId: "u" };
  await server.http("POST", "/v1/discord/events", { user: "ada", type: "voice.left", data: left });
  await told;
  await voice.disconnect();
  for (const name of ["one", "two"]) {
    const data = { guildId: "quiet", channelId: name, name, userLimit: 0 };
    await server.http("POST", "/v1/discord/events", { room: "guild:quiet", type: "room.created", data });
  }
  await voice.connect();
  await both;
  expect(heard).toEqual(["one", "two"]);
  await voice.disconnect();
});

test("diet: the inbox of a friend is not asked for; a room that is forbidden is told of once", async () => {
  const { create, next } = fakeSockets();
  const verdicts: ConnectionEvent["data"][] = [];
  const diet = new DietWebSocketClient({
    ...{ url: "ws://diet", token: tokenOf("ada"), createSocket: create, reconnect: hasty },
  });
  diet.onConnectionEvent(({ type, data }) => type === "resumed" && verdicts.push(data));
  void diet.connect();
  const first = await next();
  first.open();
  first.say({ type: "auth_response", success: true, userId: "ada" });
  first.say({ type: "placed", data: { room: "group:g", offset: 7 } });
  first.say({ type: "placed", data: { room: "diet-user:ada", offset: 0 } });
  first.say({ id: "1", type: "post.created", data: {}, room: "diet-user:bob", offset: 4 });
  first.say({ id: "2", type: "task.completed", data: {}, room: "diet-user:ada", offset: 1 });
  first.end();
  const second = await next();
  expect(decodeURIComponent(second.address.url)).toBe("ws://diet?offsets=1&resume=group:g@7,diet-user:ada@1");
  second.open();
  second.say({ type: "auth_response", success: true, userId: "ada" });
  const room = "group:g";
  second.say({ type: "resumed", data: { room, after: 0, until: 0, complete: false, reason: "forbidden" } });
  expect(verdicts).toMatchObject([{ room, resumed: "incomplete", reason: "forbidden" }]);
  second.end();
  expect(decodeURIComponent((await next()).address.url)).toBe("ws://diet?offsets=1&resume=diet-user:ada@1");
  await diet.disconnect();
});

test("a handler gets the contract's frames, each once, and the address asks for the last ones", async () => {
  const { create, next } = fakeSockets();
  const voice = new VoiceChannelClient({
    ...{ url: "ws://voice", token: tokenOf("ada"), createSocket: create, reconnect: hasty },
  });
  const heard: unknown[] = [];
  voice.subscribe("voice.left", (event) => heard.push(event));
  const connected = voice.connect();
  const first = await next();
  expect(first.address.url).toBe("ws://voice?offsets=1");
  first.open();
  first.say({ v: 1, type: "ack", event: "auth.ok", ts: 1 });
  await connected;
  const event = { v: 1, type: "event", event: "voice.left", payload: { guildId: "1" }, ts: 1 };
  for (const offset of [1, 4, 4]) first.say({ ...event, room: "guild:1", offset, after: 1 });
  expect(heard).toEqual([event, event]);
  first.end();
  const second = await next();
  expect(second.address.url).toBe("ws://voice?offsets=1&resume=guild%3A1%404");
  await voice.disconnect();
});

test("`resume: false` leaves the address as it is", async () => {
  const { create, next } = fakeSockets();
  const chat = new ChatWebSocketClient({
    ...{ url: "ws://chat", token: tokenOf("ada"), contextId: "c", createSocket: create, resume: false },
  });
  void chat.connect().catch(() => {});
  expect((await next()).address.url).toBe("ws://chat");
  await chat.disconnect();
});
