import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { ANALYTICS, CHAT, COLLABORATION, drain, enter, setMetric, tokenWith } from "./clients.ts";

// Every example of the contract, sent or received as it stands there. The clock of these tests stands still,
// so that frames can be compared whole.

const timestamp = "2024-01-01T00:00:00.000Z";
const contextId = "context_123";

let clock: FakeClock;
let server: TestServer;
let client: TestClient;
let other: TestClient;

beforeEach(() => {
  clock = new FakeClock(Date.parse(timestamp));
});
afterEach(() => server.stop());

async function start(path: string): Promise<void> {
  server = await startTestServer({ clock });
  client = await enter(server, path, "ada", { name: "Ada" });
  other = await enter(server, path, "bob", { name: "Bob" });
  await drain(client);
}

test("Query Parameter Authentication", async () => {
  await start(CHAT);
  const jwt = await server.token("ada", { rooms: [`context:${contextId}`] });
  const ws = await server.connect(`/api/chat/ws?token=${encodeURIComponent(jwt)}&contextId=${contextId}`);
  expect(await ws.next()).toStrictEqual({
    type: "connected",
    timestamp,
    data: { userId: "ada", contextId },
  });
});

test("Initial Message Authentication", async () => {
  await start(CHAT);
  for (const path of [CHAT, ANALYTICS, COLLABORATION]) {
    const jwt = await server.token("ada", { rooms: [`context:${contextId}`] });
    const ws = await server.connect(path);
    ws.send(JSON.stringify({ type: "auth", token: jwt, contextId: contextId }));
    expect(await ws.next()).toStrictEqual({
      type: "connected",
      timestamp,
      data: { userId: "ada", contextId },
    });
  }
});

test("Send Chat Message, New Message", async () => {
  await start(CHAT);
  client.send({ type: "message", data: { content: "Hello, everyone!", messageType: "text" } });
  for (const receiver of [client, other]) {
    expect(await receiver.next()).toStrictEqual({
      type: "message",
      timestamp,
      data: {
        id: expect.stringMatching(/^\S+$/),
        content: "Hello, everyone!",
        author: "Ada",
        authorId: "ada",
        messageType: "text",
        timestamp,
      },
    });
  }
});

test("Send Typing Indicator, Typing Indicator", async () => {
  await start(CHAT);
  client.send({ type: "typing", data: { isTyping: true } });
  expect(await other.next()).toStrictEqual({
    type: "typing",
    timestamp,
    data: { userId: "ada", isTyping: true },
  });
  expect(await drain(client)).toEqual([]);
});

test("Request Message History", async () => {
  clock = new FakeClock(Date.parse(timestamp) - 1_000);
  await start(CHAT);
  client.send({ type: "message", data: { content: "Last year" } });
  const { data: message } = await client.next("message");
  clock.advance(2_000);
  client.send({ type: "message", data: { content: "This year" } });
  client.send({ type: "history", data: { limit: 50, before: "2024-01-01T00:00:00Z" } });
  await client.next("message");
  expect(await client.next()).toStrictEqual({
    type: "history",
    timestamp: "2024-01-01T00:00:01.000Z",
    data: { messages: [message], hasMore: false },
  });
});

test("User Joined/Left", async () => {
  await start(CHAT);
  const eve = await enter(server, CHAT, "eve", { name: "Eve" });
  const user = { userId: "eve", username: "Eve" };
  expect(await client.next()).toStrictEqual({ type: "user_joined", timestamp, data: user });
  eve.close();
  expect(await client.next()).toStrictEqual({ type: "user_left", timestamp, data: user });
});

test("Subscribe to Metrics, Real-time Metric Updates", async () => {
  await start(ANALYTICS);
  await setMetric(server, "performance", 0.87);
  client.send({ type: "subscribe", data: { metrics: ["engagement", "performance", "activity"] } });
  const values = { engagement: 1, performance: 0.87, activity: 0 };
  for (const [metric, value] of Object.entries(values)) {
    expect(await client.next()).toStrictEqual({
      type: "metric_update",
      timestamp,
      data: { metric, value, timestamp },
    });
  }
  await setMetric(server, "performance", 0.9);
  const data = { metric: "performance", value: 0.9, timestamp };
  expect(await client.next()).toStrictEqual({ type: "metric_update", timestamp, data });
});

test("Session Management, Collaborative Editing", async () => {
  await start(COLLABORATION);
  const session = { sessionId: "session_123", role: "participant" };
  for (const each of [client, other]) {
    each.send({ type: "join_session", data: session });
    const { data } = await each.next("session_joined");
    expect(data).toMatchObject({ sessionId: "session_123", content: "", version: 0 });
  }
  for (let version = 0; version < 15; version++) {
    client.send({
      type: "edit",
      data: { operation: "insert", position: 0, content: "123", version },
    });
    await client.next("edit_ack");
  }
  const edit = { operation: "insert", position: 42, content: "Hello World", version: 15 };
  client.send({ type: "edit", data: edit });
  expect(await client.next()).toStrictEqual({
    type: "edit_ack",
    timestamp,
    data: { sessionId: "session_123", version: 16 },
  });
  expect(await other.next(({ data }) => data.position === 42)).toStrictEqual({
    type: "edit",
    timestamp,
    data: { ...edit, sessionId: "session_123", version: 16, author: "Ada", authorId: "ada" },
  });
  client.send({ type: "leave_session", data: { sessionId: "session_123" } });
  expect(await drain(client)).toHaveLength(1);
});

test.each([CHAT, ANALYTICS, COLLABORATION])(
  "Connection Status: a ping to %s is its type alone",
  async (path) => {
    await start(path);
    client.send(JSON.stringify({ type: "ping" }));
    expect(await client.next()).toStrictEqual({ type: "pong", timestamp, data: {} });
  },
);

test("Message Format: a message with an id and a timestamp is accepted too, and answered with the id", async () => {
  await start(CHAT);
  const format = (id: string, type: string, data: Frame) => ({ type, id, timestamp, data });
  client.send(format("m-1", "message", { content: "Hello, everyone!" }));
  client.send(format("m-2", "ping", {}));
  client.send(format("m-3", "history", {}));
  client.send(format("m-4", "message", {}));
  const answers = [await client.next(), await client.next(), await client.next(), await client.next()];
  expect(answers.map(({ type, id }) => [type, id])).toEqual([
    ["message", "m-1"],
    ["pong", "m-2"],
    ["history", "m-3"],
    ["error", "m-4"],
  ]);
});

test("Rate Limiting: 100 messages a minute, then an error and 1008", async () => {
  server = await startTestServer({ clock, env: { MESSAGE_RATE_LIMIT: "100" } });
  client = await enter(server, CHAT, "ada");
  for (let n = 0; n < 101; n++) client.send({ type: "typing", data: { isTyping: true } });
  expect(await client.next()).toStrictEqual({ type: "error", error: "Rate limit exceeded", timestamp });
  expect(await client.closed).toEqual({ code: 1008, reason: "Rate limit exceeded" });
});

test("Integration Testing: should handle chat messages", async () => {
  await start(CHAT);
  // The contract does not show this helper, nor the greeting of a new connection, which is no answer.
  const waitForMessage = (ws: WebSocket): Promise<Frame> =>
    new Promise((resolve) =>
      ws.addEventListener("message", ({ data }) => {
        const frame: Frame = JSON.parse(String(data));
        if (frame["type"] !== "connected") resolve(frame);
      }),
    );
  const seconds = Math.floor(clock.now() / 1_000) + 60;
  const token = await tokenWith({ sub: "eve", contextId: "context_456", exp: seconds });

  const ws = new WebSocket(server.url(`/api/chat/ws?token=${token}`));

  await new Promise((resolve) => {
    ws.onopen = resolve;
  });

  ws.send(
    JSON.stringify({
      type: "message",
      data: { content: "Test message" },
    }),
  );

  const response = await waitForMessage(ws);
  expect(response["type"]).toBe("message");
  expect(response["data"].content).toBe("Test message");
  ws.close();
});
