import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { dial, drain, frame, ROOM, STREAM } from "./frames.ts";

// Every example of the contract, with a value for each type that it names, sent or received as it stands there.
// The clock of these tests stands at the examples' time, so that frames can be compared whole.

const timestamp = "2025-10-28T23:59:59.999Z";
const version = "1.0.0";

const init = frame("connection:init", {
  clientId: "client-1",
  streamId: STREAM,
  clientType: "viewer",
  capabilities: ["webgl", "webgpu", "notifications"],
  version: "1.0.0",
});
const connectionAck = {
  type: "connection:ack",
  payload: {
    sessionId: expect.stringMatching(/^.{8,}$/),
    serverTime: timestamp,
    config: {
      pingInterval: 15_000,
      maxGiftsPerSecond: 10,
      features: ["webgl", "webgpu", "notifications"],
    },
  },
  timestamp,
  version,
};
const gift = {
  giftId: "gift-1",
  giftType: "rose",
  quantity: 3,
  totalValue: 30,
  sender: {
    userId: "user-1",
    username: "Ada",
    avatar: "https://cdn.example/ada.png",
    isSubscriber: true,
    isModerator: false,
  },
  animation: {
    type: "3d-model",
    duration: 3000,
    assetUrl: "https://cdn.example/rose.glb",
    soundUrl: "https://cdn.example/rose.mp3",
  },
  metadata: { isStreak: true, comboCount: 4, rank: 2, timestamp },
};
const giftAck = frame("gift:ack", { giftId: "gift-1", receivedAt: timestamp, rendered: true, error: null });
const status = {
  isLive: true,
  viewerCount: 1,
  startedAt: timestamp,
  currentGoal: { type: "gifts", target: 100, current: 40, description: "A hundred roses" },
};
const pong = frame("heartbeat:pong", {
  timestamp,
  sequence: 1,
  stats: { latency: 12.5, memory: 80, queueSize: 0 },
});
const clientError = frame("error", {
  code: "RENDER_FAILED",
  message: "No WebGL context",
  details: { renderer: "webgl" },
  retryable: false,
  retryAfter: null,
});

let clock: FakeClock;
let server: TestServer;
let client: TestClient;

beforeEach(async () => {
  clock = new FakeClock(Date.parse(timestamp));
  server = await startTestServer({ clock });
  client = await dial(server);
  client.send(init);
  expect(await client.next()).toStrictEqual(connectionAck);
  await client.next("stream:status");
});
afterEach(() => server.stop());

const post = async (event: Frame): Promise<void> => {
  expect((await server.http("POST", "/v1/hyperfocus/events", { room: ROOM, ...event })).status).toBe(200);
};

test("the subprotocol is the one that was asked for", () => {
  expect(client.socket.protocol).toBe("hyperfocus-protocol-v1");
});

test("Gift Processing: gift:received, gift:ack", async () => {
  await post({ type: "gift:received", data: gift });
  expect(await client.next()).toStrictEqual({ type: "gift:received", payload: gift, timestamp, version });
  client.send(giftAck);
  client.send({ ...giftAck, payload: { ...giftAck["payload"], rendered: false, error: "No WebGL context" } });
  expect(await drain(client)).toEqual([]);
});

test("Stream Updates: stream:status", async () => {
  await post({ type: "stream:status", data: status });
  clock.advance(2_000);
  const { payload } = await client.next((one) => one["payload"].isLive === true);
  expect(payload).toStrictEqual(status);
  await post({ type: "stream:status", data: { ...status, startedAt: null, currentGoal: null } });
  clock.advance(2_000);
  const last = await client.next((one) => one["payload"].currentGoal === null);
  expect(last["payload"]).toStrictEqual({ ...status, startedAt: null, currentGoal: null });
  expect(Object.keys(last)).toEqual(["type", "payload", "timestamp", "version"]);
});

test("Heartbeat: heartbeat:ping, heartbeat:pong", async () => {
  clock.advance(15_500);
  const ping = await client.next("heartbeat:ping");
  expect(ping).toStrictEqual({
    type: "heartbeat:ping",
    payload: { timestamp: ping["timestamp"], sequence: 1 },
    timestamp: expect.stringMatching(/^2025-10-29T00:00:[\d.]+Z$/),
    version,
  });
  client.send(pong);
  expect(await drain(client)).toEqual([]);
});

test("error, from the server and from a client", async () => {
  client.send({ ...giftAck, payload: { ...giftAck["payload"], giftId: "gift-2" } });
  expect(await client.next()).toStrictEqual({
    type: "error",
    payload: {
      code: "INVALID_MESSAGE",
      message: "Unknown gift",
      details: [{ path: "payload.giftId", message: "no gift of this stream" }],
      retryable: false,
      retryAfter: null,
    },
    timestamp,
    version,
  });
  client.send(clientError);
  expect(await drain(client)).toEqual([]);
});

test("every message of the contract's Message Format, version and all, is taken as well", async () => {
  await post({ type: "gift:received", data: gift });
  for (const message of [init, giftAck, pong, clientError]) client.send({ ...message, version });
  await client.next("stream:status");
  expect(await drain(client)).toEqual([]);
});
