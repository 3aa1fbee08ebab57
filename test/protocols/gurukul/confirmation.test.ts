import { afterAll, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { message } from "./frames.ts";

// A repeat may come long after, so no token and no heartbeat of these tests runs out.
const env = { HEARTBEAT_INTERVAL_MS: "86400000" };
const clock = new FakeClock();
let server = await startTestServer({ clock, env });
afterAll(() => server.stop());

let chatId = "";
let chats = 0;
/** Ada, and Bob who hears what she says, in a chat of this test's own. */
async function adaAndBob(on: TestServer = server): Promise<[TestClient, TestClient]> {
  chatId = `chat-${chats++}`;
  const [ada, bob] = [await on.chat("ada", { ttl: "7d" }), await on.chat("bob", { ttl: "7d" })];
  await ada.join(chatId);
  await bob.join(chatId);
  return [ada, bob];
}

async function confirmed(client: TestClient, content: string, messageId?: string): Promise<Frame> {
  client.say("message", { chatId, content, ...(messageId !== undefined && { messageId }) });
  return client.next((frame) => frame["type"] === "message" && frame["data"].messageId === messageId);
}

/** So many messages of others, each with an id of its own. */
async function traffic(client: TestClient, count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    client.say("message", { chatId, content: "x", messageId: `other-${crypto.randomUUID()}` });
  }
  for (let n = 0; n < count; n++) await client.next("message");
}

test("the sender's own copy, with its messageId, is the confirmation", async () => {
  const [ada, bob] = await adaAndBob();
  const confirmation = await confirmed(ada, "Hello", "temp-1");
  expect(confirmation).toEqual(message(chatId, "ada", "Hello", { messageId: "temp-1" }));
  expect(await bob.next("message")).toEqual(confirmation);
  expect(await ada.drain()).toEqual([]);
});

test("who speaks in a chat without joining it is confirmed too, and once", async () => {
  const [, bob] = await adaAndBob();
  const outsider = await server.chat("outsider");
  outsider.say("message", { chatId, content: "Hello", messageId: "temp-1" });
  expect(await outsider.drain()).toEqual([message(chatId, "outsider", "Hello", { messageId: "temp-1" })]);
  expect(await bob.drain()).toHaveLength(1);
});

test("a messageId beside the data counts like one in it", async () => {
  const [ada] = await adaAndBob();
  const frame = { type: "message", data: { chatId, content: "Hello" }, timestamp: 1, messageId: "beside" };
  ada.send(frame);
  expect(await ada.next("message")).toEqual(message(chatId, "ada", "Hello", { messageId: "beside" }));
});

test("a repeat is confirmed with what was stored, and delivered to nobody", async () => {
  const [ada, bob] = await adaAndBob();
  const first = await confirmed(ada, "Hello", "temp-1");
  await bob.next("message");
  clock.advance(1_000);
  expect(await confirmed(ada, "Hello", "temp-1")).toEqual(first);
  expect(await bob.drain()).toEqual([]);
  const late = await server.chat("late");
  expect((await late.join(chatId))["data"].updates).toMatchObject({ messageCount: 1, lastMessage: "Hello" });
});

test("repeats in one breath are one message, confirmed each time", async () => {
  const [ada, bob] = await adaAndBob();
  for (let n = 0; n < 5; n++) ada.say("message", { chatId, content: "Hello", messageId: "temp-1" });
  const confirmations = await ada.drain();
  expect(confirmations).toHaveLength(5);
  for (const confirmation of confirmations) expect(confirmation).toEqual(confirmations[0]!);
  expect(await bob.drain()).toEqual([message(chatId, "ada", "Hello", { messageId: "temp-1" })]);
});

test("a repeat on another connection of the user is confirmed there, and only there", async () => {
  const [ada, bob] = await adaAndBob();
  const first = await confirmed(ada, "Hello", "temp-1");
  await bob.next("message");
  const phone = await server.chat("ada");
  phone.say("message", { chatId, content: "Hello", messageId: "temp-1" });
  expect(await phone.drain()).toEqual([first]);
  expect(await ada.drain()).toEqual([]);
  expect(await bob.drain()).toEqual([]);
});

test("the same messageId of another user is another message, and each keeps his own", async () => {
  const [ada, bob] = await adaAndBob();
  const adas = await confirmed(ada, "Ada's", "temp-1");
  await bob.next("message");
  const bobs = await confirmed(bob, "Bob's", "temp-1");
  expect(bobs).toEqual(message(chatId, "bob", "Bob's", { messageId: "temp-1" }));
  expect(await ada.drain()).toEqual([bobs]);
  expect(await confirmed(ada, "Ada's", "temp-1")).toEqual(adas);
  expect(await confirmed(bob, "Bob's", "temp-1")).toEqual(bobs);
});

test("messages without a messageId are never repeats of each other", async () => {
  const [ada, bob] = await adaAndBob();
  for (let n = 0; n < 3; n++) await confirmed(ada, "Hello");
  expect(await bob.drain()).toHaveLength(3);
});

test("a repeat is recognised for ten minutes, however much was said meanwhile", async () => {
  const [ada, bob] = await adaAndBob();
  await traffic(ada, 1_100);
  const first = await confirmed(ada, "Hello", "temp-1");
  await traffic(ada, 1_100);
  clock.advance(5 * 60_000);
  await traffic(ada, 1_100);
  clock.advance(5 * 60_000 - 1);
  await bob.drain();
  expect(await confirmed(ada, "Hello", "temp-1")).toEqual(first);
  expect(await bob.drain()).toEqual([]);
});

test("a repeat is recognised among the last 1,000 messages, however long ago", async () => {
  const [ada, bob] = await adaAndBob();
  const first = await confirmed(ada, "Hello", "temp-1");
  for (let hour = 0; hour < 3; hour++) {
    await traffic(ada, 333);
    clock.jump(3_600_000);
  }
  await bob.drain();
  expect(await confirmed(ada, "Hello", "temp-1")).toEqual(first);
  expect(await bob.drain()).toEqual([]);
});

test("a repeat is recognised after the server was started again", async () => {
  const [ada] = await adaAndBob();
  await traffic(ada, 500);
  const first = await confirmed(ada, "Hello", "temp-1");
  await traffic(ada, 500);
  server = await server.restart();
  const again = await server.chat("ada");
  again.say("message", { chatId, content: "Hello", messageId: "temp-1" });
  expect(await again.drain()).toEqual([first]);
  expect((await again.join(chatId))["data"].updates.messageCount).toBe(1_001);
});
