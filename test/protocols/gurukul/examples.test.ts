import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { chunk, type FakeOpenAi, startFakeOpenAi, streams } from "../../support/fake-openai.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import {
  assistantMessage,
  assistantTyping,
  authenticationFailed,
  chatUpdated,
  join,
  leave,
  markAsRead,
  ping,
  pong,
  readConfirmation,
  sendMessage,
  timestamp,
  userTyping,
} from "./examples.ts";

// The clock of these tests stands at the time of the examples, so that frames can be compared whole.

/** What only the server can know: the id, and what time of day that is. */
const asMadeHere = ({ data, ...frame }: Frame): Frame => ({
  ...frame,
  data: {
    ...data,
    message: {
      ...data.message,
      id: expect.stringMatching(/^msg-\S+$/),
      timestamp: new Date(timestamp).toISOString(),
    },
  },
});

let ai: FakeOpenAi;
let server: TestServer;
let user: TestClient;
let other: TestClient;

beforeAll(() => {
  const sure = { logprobs: { content: [{ token: "I", logprob: Math.log(0.95) }] } };
  ai = startFakeOpenAi(streams(chunk(assistantMessage.data.message.content, sure), "[DONE]"));
});
afterAll(() => ai.stop());
beforeEach(async () => {
  const env = { AI_BASE_URL: ai.baseURL, AI_MODEL: "fake" };
  server = await startTestServer({ env, clock: new FakeClock(timestamp) });
  user = await server.chat("user-456", { rooms: ["chat:chat-123"] });
  other = await server.chat("user-789", { rooms: ["chat:chat-123"] });
});
afterEach(() => server.stop());

async function bothJoin(): Promise<void> {
  for (const client of [user, other]) {
    client.send(join);
    await client.next("chat_update");
    await client.drain();
  }
}

test("Send message, Message received/processed, AI agent typing", async () => {
  await bothJoin();
  user.send(sendMessage);
  const userMessage = {
    ...assistantMessage,
    data: {
      ...assistantMessage.data,
      message: {
        ...assistantMessage.data.message,
        userId: "user-456",
        content: sendMessage.data.content,
        role: "user",
        metadata: {},
      },
    },
  };
  const answer = asMadeHere(assistantMessage);
  answer["data"].message.metadata.confidence = expect.closeTo(0.95, 10);
  for (const client of [user, other]) {
    const frames = [await client.next(), await client.next(), await client.next(), await client.next()];
    expect(frames).toStrictEqual([
      asMadeHere(userMessage),
      assistantTyping,
      answer,
      { ...assistantTyping, data: { ...assistantTyping.data, isTyping: false } },
    ]);
  }
});

test("User typing", async () => {
  await bothJoin();
  user.send(userTyping);
  expect(await other.next()).toStrictEqual(userTyping);
  expect(await user.drain()).toEqual([]);
});

test("Mark messages as read, Read receipt confirmation", async () => {
  for (const id of markAsRead.data.messageIds) {
    const message = { ...assistantMessage.data.message, id };
    const event = { room: "chat:chat-123", type: "message", data: { chatId: "chat-123", message } };
    expect((await server.http("POST", "/v1/gurukul/events", event)).status).toBe(200);
  }
  await bothJoin();
  user.send(markAsRead);
  expect(await user.next()).toStrictEqual(readConfirmation);
  expect(await other.next()).toStrictEqual(readConfirmation);
});

test("Join chat room, Chat updated, Leave chat room", async () => {
  for (let n = 1; n <= 15; n++) {
    const content = n < 15 ? `Message ${n}` : chatUpdated.data.updates.lastMessage;
    other.say("message", { chatId: "chat-123", content });
    await other.next("message");
  }
  await server.http("PUT", "/v1/rooms/chat:chat-123", { title: chatUpdated.data.updates.title });
  await user.drain();

  user.send(join);
  expect(await user.next()).toStrictEqual(chatUpdated);
  const history = await user.next();
  expect(Object.keys(history)).toEqual(["type", "data", "timestamp"]);
  expect(history).toMatchObject({ type: "batch", timestamp });
  expect(history["data"]).toEqual({ messages: expect.any(Array) });
  expect(history["data"].messages).toHaveLength(15);

  user.send(leave);
  expect(await user.drain()).toEqual([]);
  other.say("typing", { chatId: "chat-123", userId: "user-789", isTyping: true });
  await other.drain();
  expect(await user.drain()).toEqual([]);
});

test("Ping, Pong", async () => {
  user.send(ping);
  expect(await user.next()).toStrictEqual(pong);
});

test("Error message, and the close that follows it", async () => {
  for (const path of ["/ws?token=not-a-token", "/ws?token=", "/ws"]) {
    const stranger = await server.connect(path);
    expect(await stranger.next()).toStrictEqual(authenticationFailed);
    expect(await stranger.closed).toEqual({ code: 1008, reason: "Authentication failed" });
  }
});

test("Message Validation: what is not valid gets the contract's words", async () => {
  const said: [string, string][] = [
    ["{", "Invalid JSON"],
    [JSON.stringify({ data: {}, timestamp }), "Invalid message format"],
    [JSON.stringify({ type: "ping", timestamp }), "Invalid message format"],
    [JSON.stringify({ type: "ping", data: {} }), "Invalid message format"],
    [JSON.stringify({ type: "", data: {}, timestamp }), "Invalid message format"],
    [JSON.stringify({ type: "ping", data: null, timestamp }), "Invalid message format"],
    [JSON.stringify({ type: "ping", data: {}, timestamp: 0 }), "Invalid message format"],
    [JSON.stringify({ type: "pong", data: {}, timestamp }), "Unknown message type"],
    [JSON.stringify({ type: "error", data: {}, timestamp }), "Unknown message type"],
    [JSON.stringify({ type: "batch", data: {}, timestamp }), "Unknown message type"],
  ];
  for (const [frame, message] of said) {
    user.send(frame);
    const error = { type: "error", data: { message, code: 400 }, timestamp };
    expect([frame, await user.next()]).toStrictEqual([frame, error]);
  }
});

test("Health Checks, open to all", async () => {
  await bothJoin();
  const response = await fetch(server.url("/ws/health").replace("ws:", "http:"));
  expect(response.status).toBe(200);
  const healthy = { status: "healthy", connections: 2, activeChats: 1, uptime: expect.any(Number) };
  expect(await response.json()).toStrictEqual(healthy);
});

test("Rate Limiting: 100 messages of a type in a minute, over all connections of the user", async () => {
  const clock = new FakeClock(timestamp);
  const env = { MESSAGE_RATE_LIMIT: "100", HEARTBEAT_INTERVAL_MS: "3600000" };
  const limited = await startTestServer({ env, clock });
  const [laptop, phone] = [await limited.chat("user-456"), await limited.chat("user-456")];
  for (let n = 0; n < 100; n++) (n % 2 ? laptop : phone).send(userTyping);
  expect(await laptop.drain()).toEqual([]);
  expect(await phone.drain()).toEqual([]);
  const tooMany = { type: "error", data: { message: "Rate limit exceeded", code: 429 }, timestamp };
  for (const client of [laptop, phone]) {
    client.send(userTyping);
    expect(await client.next()).toStrictEqual(tooMany);
  }
  laptop.send(join);
  expect((await laptop.next())["type"]).toBe("chat_update");
  clock.advance(60_000);
  laptop.send(userTyping);
  expect(await laptop.drain()).toEqual([]);
  await limited.stop();
});
