import { expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { post } from "./viewer.ts";

// The clock of these tests stands at the time of the examples, so that frames can be compared whole.
const ts = 1704240000000;
const guildId = "123456789012345678";

/** Every JSON example of the contract, as it stands there, in its order. */
const authentication = { v: 1, type: "auth", token: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...", ts };
const acknowledgment = { v: 1, type: "ack", event: "auth.ok", guildId, ts };
const joined = {
  v: 1,
  type: "event",
  event: "voice.joined",
  payload: {
    guildId,
    channelId: "123456789012345678",
    userId: "123456789012345678",
    username: "PlayerName",
    avatar: "a_1234567890abcdef",
  },
  ts,
};
const left = {
  v: 1,
  type: "event",
  event: "voice.left",
  payload: { guildId, channelId: null, userId: "123456789012345678" },
  ts,
};
const roomCreated = {
  v: 1,
  type: "event",
  event: "room.created",
  payload: { guildId, channelId: "123456789012345678", name: "My Game Room", userLimit: 4 },
  ts,
};
const roomDeleted = {
  v: 1,
  type: "event",
  event: "room.deleted",
  payload: { guildId, channelId: "123456789012345678" },
  ts,
};
const failure = { v: 1, type: "error", error: "Authentication failed", ts };

const server = stopAfterAll(await startTestServer({ clock: new FakeClock(ts) }));
const client = await server.connect("/api/ws");

test("authentication is acknowledged with the guild", async () => {
  const token = await server.token("user", { rooms: [`guild:${guildId}`] });
  client.send({ ...authentication, token });
  expect(await client.next()).toEqual(acknowledgment);
});

test.each([
  ["a user who joins a voice channel", joined],
  ["a user who leaves one", left],
  ["a room that is created", roomCreated],
  ["a room that is deleted", roomDeleted],
])("%s is told in the very frame", async (_, frame: Frame) => {
  const { event: type, payload: data } = frame;
  expect((await post(server, { room: `guild:${guildId}`, type, data })).status).toBe(200);
  expect(await client.next()).toEqual(frame);
});

test("fields come in the order in which the contract has them", async () => {
  const raw: string[] = [];
  client.socket.addEventListener("message", ({ data }) => void raw.push(String(data)));
  const backwards = Object.fromEntries(Object.entries(joined.payload).reverse());
  await post(server, { room: `guild:${guildId}`, type: "voice.joined", data: backwards });
  await client.next();
  expect(raw).toEqual([JSON.stringify(joined)]);
});

test("an error has the shape of the example, and the text that its cause is given", async () => {
  const stranger = await server.connect("/api/ws");
  stranger.send(authentication);
  expect(await stranger.next()).toEqual({ ...failure, error: "Invalid token" });
});
