import { expect, test } from "bun:test";
import {
  type Gift,
  GiftHostClient,
  GiftViewerClient,
  VoiceChannelClient,
} from "../../packages/client/src/index.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { fakeSockets, hasty, noRate, settled } from "./support.ts";

const server = stopAfterAll(await startTestServer());

const give = (streamId: string, giftId: string) =>
  server.http("POST", "/v1/hyperfocus/events", {
    room: `stream:${streamId}`,
    type: "gift:received",
    data: {
      ...{ giftId, giftType: giftId, quantity: 1 },
      sender: { userId: "u1", username: "Ada", avatar: "", isSubscriber: true, isModerator: false },
      animation: { type: "particle", duration: 3_000, assetUrl: "", soundUrl: "" },
    },
  });

/** Resolves once it has been called with this. */
function hearing() {
  const heard: string[] = [];
  const waiting = new Map<string, () => void>();
  return {
    heard,
    hear(what: string) {
      heard.push(what);
      waiting.get(what)?.();
    },
    until: (what: string) =>
      heard.includes(what)
        ? Promise.resolve()
        : new Promise<void>((resolve) => void waiting.set(what, resolve)),
  };
}

test("a viewer of a guild hears its voice events, again after a reconnect", async () => {
  const relay = await startRelay(server.port);
  const { heard, hear, until } = hearing();
  const client = new VoiceChannelClient({
    url: `ws://127.0.0.1:${relay.port}/api/ws`,
    token: () => server.token("ada", { rooms: ["guild:1"] }),
    reconnect: hasty,
  });
  client.subscribe("auth.ok", ({ guildId }) => hear(`in ${guildId}`));
  client.subscribe("voice.joined", ({ payload }) => hear(payload.username));
  await client.connect();
  const post = (username: string) =>
    server.http("POST", "/v1/discord/events", {
      ...{ room: "guild:1", type: "voice.joined" },
      data: { guildId: "1", channelId: "2", userId: "3", username, avatar: null },
    });
  await post("Ada");
  await until("Ada");
  heard.length = 0;
  relay.breakOff();
  await until("in 1");
  await post("Bob");
  await until("Bob");
  await client.disconnect();
  relay.stop();
});

test("a host shows each gift once, and what it has acknowledged does not come again", async () => {
  const relay = await startRelay(server.port);
  const { heard, hear, until } = hearing();
  const host = () =>
    new GiftHostClient({
      url: `ws://127.0.0.1:${relay.port}/ws`,
      token: () => server.token("host", { rooms: ["stream:s1"] }),
      ...{ streamId: "s1", clientId: "obs-1", reconnect: hasty },
    });
  const first = host();
  const shown: Promise<void>[] = [];
  let finish = () => {};
  first.show(({ giftId }) => {
    hear(giftId);
    // Still being shown when the line breaks.
    const done = giftId === "slow" ? new Promise<void>((resolve) => (finish = resolve)) : Promise.resolve();
    shown.push(done);
    return done;
  });
  await first.connect();
  await give("s1", "quick");
  await give("s1", "slow");
  await until("slow");
  relay.breakOff();
  await give("s1", "missed");
  await until("missed");
  expect(heard).toEqual(["quick", "slow", "missed"]);
  finish();
  await Promise.all(shown);
  await give("s1", "last");
  await until("last");
  await first.disconnect();

  const again = host();
  const unacknowledged = hearing();
  again.show(({ giftId }: Gift) => unacknowledged.hear(giftId));
  await again.connect();
  await give("s1", "live");
  await unacknowledged.until("live");
  expect(unacknowledged.heard.filter((giftId) => giftId !== "last")).toEqual(["live"]);
  await again.disconnect();
  relay.stop();
});

test("a host without access is told so, and it is not tried again", async () => {
  const client = new GiftHostClient({
    url: server.url("/ws"),
    token: () => server.token("host", { rooms: ["stream:other"] }),
    ...{ streamId: "s1", reconnect: hasty },
  });
  await expect(client.connect()).rejects.toThrow("No access to this stream");
});

test("a viewer needs no token, and sees the stream's status", async () => {
  const client = new GiftViewerClient({
    url: server.url("/ws"),
    streamId: "s2",
    rate: noRate,
    reconnect: hasty,
  });
  const status = new Promise((resolve) => client.subscribe("stream:status", resolve));
  await client.connect();
  expect(await status).toMatchObject({ payload: { viewerCount: 1 } });
  const gift = new Promise((resolve) => client.subscribe("gift:received", resolve));
  await give("s2", "rose");
  expect(await gift).toMatchObject({ payload: { giftId: "rose" } });
  await client.disconnect();
});

test("a gift whose acknowledgement was lost is acknowledged again, and not shown again", async () => {
  const clock = new FakeClock();
  const { create, next } = fakeSockets();
  const shown: string[] = [];
  const client = new GiftHostClient({
    ...{ url: "ws://gifts/ws", token: "t", streamId: "s1", clientId: "obs-1", clock, createSocket: create },
    ...{ reconnect: hasty, random: () => 0 },
  });
  client.show(({ giftId }) => void shown.push(giftId));
  void client.connect();
  const config = { pingInterval: 15_000, maxGiftsPerSecond: 10, features: [] };
  const again = async () => {
    const socket = await next();
    socket.open();
    socket.say({ type: "connection:ack", payload: { sessionId: "1", serverTime: "", config } });
    socket.say({ type: "gift:received", payload: { giftId: "g1" } });
    await settled();
    expect(socket.sent.at(-1)).toMatchObject({ type: "gift:ack", payload: { giftId: "g1", rendered: true } });
    socket.end();
    clock.advance(1);
  };
  await again();
  await again();
  expect(shown).toEqual(["g1"]);
});
