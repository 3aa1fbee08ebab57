import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { post, start } from "./stage.ts";

const server = await start();
const placed = (frame: Frame): boolean => (frame["event"] ?? frame["type"]) === "placed";

test("a client that asked for offsets is told where each room is that it joins, and misses nothing it has not heard of", async () => {
  await post(server, "c1", 1, 3);
  const ada = await server.chat("ada", { query: "&offsets=1" });
  for (const chatId of ["c1", "silent"]) {
    ada.send({ type: "chat_update", data: { action: "join", chatId }, timestamp: 1 });
  }
  const places = [];
  while (places.length < 4) places.push((await ada.next(placed))["data"]);
  expect(places).toEqual([
    { room: "gurukul-user:ada", offset: 0 },
    { room: "gurukul-everyone:all", offset: 0 },
    { room: "chat:c1", offset: 3 },
    { room: "chat:silent", offset: 0 },
  ]);
  ada.close();
});

const left = (guildId: string) => ({
  room: `guild:${guildId}`,
  type: "voice.left",
  data: { guildId, channelId: null, userId: "u" },
});

test("discord: who joins all guilds is told where each is that has events, but for those that are resumed", async () => {
  const events = [left("b1"), left("b2"), left("b2"), left("b3")];
  expect((await server.http("POST", "/v1/discord/events", events)).status).toBe(200);
  const connect = async (query: string) => {
    const client = await server.connect(`/api/ws?${query}`);
    client.send({ v: 1, type: "auth", token: await server.token("bob", { rooms: ["guild:*"] }), ts: 1 });
    return client;
  };
  const first = await connect("offsets=1");
  const third = await first.next((frame) => placed(frame) && frame["payload"].room === "guild:b3");
  expect(third["payload"]).toEqual({ room: "guild:b3", offset: 1 });
  const told = first.frames.filter(placed).map(({ payload }) => payload);
  expect(told).toContainEqual({ room: "guild:b2", offset: 2 });

  const back = await connect(`resume=${encodeURIComponent("guild:b2@1")}`);
  await back.next((frame) => placed(frame) && frame["payload"].room === "guild:b3");
  const rooms = back.frames.filter(placed).map(({ payload }) => payload.room);
  expect(rooms.filter((room) => room.startsWith("guild:b"))).toEqual(["guild:b1", "guild:b3"]);
  expect(back.frames.findLast(({ event }) => event === "voice.left")).toMatchObject({
    ...{ room: "guild:b2", offset: 2 },
  });
});

test("discord: a guild in which nothing was said yet; not the one that stands for all", async () => {
  const ada = await server.connect("/api/ws?offsets=1");
  const rooms = ["guild:*", "guild:quiet"];
  ada.send({ v: 1, type: "auth", token: await server.token("ada", { rooms }), ts: 1 });
  const places: string[] = [];
  while (places.at(-1) !== "guild:quiet") places.push((await ada.next(placed))["payload"].room);
  expect(places.slice(0, 2)).toEqual(["discord-user:ada", "discord-everyone:all"]);
  expect(places).not.toContain("guild:*");
  ada.close();
});

test("diet: after all that is unread in the inbox", async () => {
  const note = (n: number) => ({
    ...{ user: "eve", type: "notification" },
    data: {
      ...{ notificationId: `n${n}`, userId: "eve", title: "t", message: "m", type: "info" },
      ...{ category: "social", createdAt: "2026-03-02T08:30:00.000Z" },
    },
  });
  const answer = await server.http(
    "POST",
    "/v1/diet/events",
    Array.from({ length: 30 }, (_, n) => note(n)),
  );
  expect(answer.status).toBe(200);
  const eve = await server.connect("/api/diet/ws?offsets=1");
  eve.send({ type: "auth", token: await server.token("eve"), userId: "eve", sessionId: "s" });
  const heard: unknown[] = [];
  for (let n = 0; n < 30; n++) heard.push((await eve.next("notification"))["offset"]);
  expect(heard).toEqual(Array.from({ length: 30 }, (_, n) => n + 1));
  const place = await eve.next((frame) => placed(frame) && frame["data"].room === "diet-user:eve");
  expect(place["data"]).toEqual({ room: "diet-user:eve", offset: 30 });
  eve.close();
});
