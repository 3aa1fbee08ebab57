import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, dietClient, message } from "../../support/diet.ts";
import { failWrites } from "../../support/failing-writes.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { type FakeOpenAi, fails, says, startFakeOpenAi } from "../../support/fake-openai.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { error, event, failed, PATH } from "./samples.ts";

let clock: FakeClock;
let ai: FakeOpenAi;
let server: TestServer;
beforeEach(async () => {
  clock = new FakeClock();
  ai = startFakeOpenAi(says("Hello"));
  const env = { AI_BASE_URL: ai.baseURL, AI_MODEL: "fake", HEARTBEAT_INTERVAL_MS: "3600000" };
  server = await startTestServer({ clock, env });
});
afterEach(async () => {
  await server.stop();
  await ai.stop();
});

const status = (status: string, database: string, aiWord: string) =>
  event("system.status", {
    ...{ status, services: { api: "up", database, ai: aiWord, notifications: database } },
    timestamp: expect.any(String),
  });
const statuses = async (client: DietClient) =>
  (await client.events()).filter(({ type }) => type === "system.status");
const ask = (client: DietClient, messageId: string) =>
  client.ask("ai.coach.message", {
    ...{
      messageId,
      conversationId: "c",
      userId: client.userId,
      message: "?",
      isFromAI: false,
      timestamp: AT,
    },
  });

test("all users, and those who connect meanwhile, are told once when the coach goes and when it comes back", async () => {
  const [ada, bob] = [await dietClient(server, "ada"), await dietClient(server, "bob")];
  clock.advance(5_000);
  ai.reply = fails(400);
  await ask(ada, "m-1");
  await ada.event("error");
  clock.advance(5_000);
  const late = await dietClient(server, "late");
  for (const client of [ada, bob, late]) {
    expect(await statuses(client)).toEqual([status("degraded", "up", "down")]);
  }
  ai.reply = says("Back");
  await ask(ada, "m-2");
  await ada.event("ai.coach.message");
  clock.advance(5_000);
  for (const client of [ada, bob, late]) {
    expect((await statuses(client)).slice(1)).toEqual([status("healthy", "up", "up")]);
  }
  expect(await statuses(await dietClient(server, "later"))).toEqual([]);
});

test("who connects while the coach is gone for less than a second is told that it is back", async () => {
  const ada = await dietClient(server, "ada");
  ai.reply = fails(400);
  await ask(ada, "m-1");
  await ada.event("error");
  const late = await dietClient(server, "late");
  expect(await statuses(late)).toEqual([status("degraded", "up", "down")]);
  ai.reply = says("Back");
  await ask(ada, "m-2");
  await ada.event("ai.coach.message");
  clock.advance(1_000);
  expect((await statuses(late)).slice(1)).toEqual([status("healthy", "up", "up")]);
});

test("all are told when nothing can be stored, and when it can; what is refused meanwhile reached nobody", async () => {
  const [ada, bob] = [await dietClient(server, "ada"), await dietClient(server, "bob")];
  using trouble = failWrites(server, "events", "log_position");
  const data = { messageId: "m-1", fromUserId: "ada", toUserId: "bob", content: "private words" };
  const frame = message("direct.message", { ...data, timestamp: AT, isRead: false });
  expect(await ada.askFrame(frame)).toEqual(failed(frame, "INTERNAL_SERVER_ERROR"));
  clock.advance(2_000);
  expect(await ada.event("system.status")).toEqual(status("down", "down", "up"));
  expect(await bob.event("system.status")).toEqual(status("down", "down", "up"));
  trouble.mend();
  clock.advance(2_000);
  expect(await bob.event("system.status")).toEqual(status("healthy", "up", "up"));
  expect(await bob.types()).not.toContain("direct.message");
  expect(await ada.ask("direct.message", frame["data"])).toMatchObject({ success: true });
  await bob.events();
  expect(bob.client.frames.filter(({ type }) => type === "direct.message")).toHaveLength(1);
  expect(server.lines.join()).not.toContain("private words");
});

test("at a shutdown each is told when to come back, not all at once", async () => {
  const clients = await Promise.all(Array.from({ length: 30 }, (_, n) => dietClient(server, `u-${n}`)));
  await server.shutdown();
  const waits = [];
  for (const { client } of clients) {
    expect(await client.closed).toEqual({ code: 1012, reason: "Server restart" });
    const last = client.frames.at(-1) as Frame;
    expect(last).toEqual(
      event("reconnect", { attempt: 1, maxAttempts: expect.any(Number), nextAttemptIn: expect.any(Number) }),
    );
    waits.push(last["data"].nextAttemptIn);
  }
  expect(new Set(waits).size).toBeGreaterThan(15);
  expect(Math.min(...waits)).toBeGreaterThan(0);
  expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThan(1_000);
});

const open = () => server.connect(PATH);

test("a client that sends nothing for five seconds gets an error and is closed with 4001", async () => {
  const silent = await open();
  clock.advance(5_000);
  expect((await silent.closed).code).toBe(4001);
  expect(silent.frames).toEqual([error("CONNECTION_TIMEOUT")]);
});

test("anything but a good auth is answered by auth_response, once, and closed with 4003", async () => {
  const token = await server.token("ada", { rooms: [] });
  const good = { type: "auth", token, userId: "ada", sessionId: "s" };
  const bad = [
    { ...good, token: "garbage" },
    { ...good, userId: "bob" },
    { ...good, sessionId: undefined },
    { ...good, token: 7 },
    message("auth", good),
    message("direct.message", {}),
    message("encryption.init", { publicKey: "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=" }),
    "{",
    "[]",
    { type: "__proto__" },
  ];
  for (const frame of bad) {
    const client = await open();
    client.send(frame);
    client.send(good);
    expect((await client.closed).code).toBe(4003);
    expect(client.frames).toEqual([
      {
        type: "auth_response",
        success: false,
        error: { code: "AUTHENTICATION_FAILED", message: expect.any(String) },
      },
    ]);
  }
  const client = await open();
  client.socket.send(Buffer.from(JSON.stringify(good)));
  expect((await client.closed).code).toBe(4003);
});

test("a good auth is answered by auth_response in its flat shape, before all else", async () => {
  const client = await open();
  client.send({
    type: "auth",
    token: await server.token("ada", { rooms: [] }),
    userId: "ada",
    sessionId: "s",
  });
  const frame = message("message.read", { messageId: "m", userId: "ada", readAt: AT });
  client.send(frame);
  expect(await client.next()).toEqual({ type: "auth_response", success: true, userId: "ada" });
  expect(await client.next()).toMatchObject({ id: frame["id"], success: true });
});

test("over the rate a message is answered with when it may come again, and that is true", async () => {
  server = await server.restart({ MESSAGE_RATE_LIMIT: "6", MESSAGE_BURST_LIMIT: "4" });
  const ada = await dietClient(server, "ada");
  const say = (): Frame => message("message.read", { messageId: "m", userId: "ada", readAt: AT });
  for (let n = 1; n < 4; n++) expect(await ada.askFrame(say())).toMatchObject({ success: true });
  const resetTime = new Date(clock.now() + 10_000).toISOString();
  const data = { limit: 6, window: 60_000, resetTime };
  const frame = say();
  expect(await ada.askFrame(frame)).toEqual({
    ...{ id: frame["id"], type: "rate_limit_exceeded", timestamp: expect.any(String), success: false, data },
    error: { code: "RATE_LIMIT_EXCEEDED", message: expect.any(String) },
  });
  for (const broken of ["{", { type: "message.read" }]) {
    ada.client.send(broken);
    expect(await ada.event("rate_limit_exceeded")).toEqual(event("rate_limit_exceeded", data));
  }
  clock.advance(9_999);
  expect((await ada.askFrame(say()))["data"].resetTime).toBe(resetTime);
  clock.advance(1);
  expect(await ada.askFrame(say())).toMatchObject({ success: true });
  expect((await ada.askFrame(say()))["type"]).toBe("rate_limit_exceeded");
});
