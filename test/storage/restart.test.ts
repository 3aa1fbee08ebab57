import { afterAll, expect, test } from "bun:test";
import type { Frame, TestClient } from "../support/client.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startTestServer } from "../support/server.ts";

const clock = new FakeClock();
let server = await startTestServer({ clock });
afterAll(() => server.stop());

const restart = async () => {
  server = await server.restart();
};

async function say(client: TestClient, chatId: string, messageId: string): Promise<Frame> {
  client.say("message", { chatId, content: `says ${messageId}`, messageId });
  return client.next((frame) => frame["data"].messageId === messageId);
}

/** What a newcomer is shown of a chat: its update, and the messages of its history. */
async function visit(chatId: string, userId = "visitor"): Promise<{ update: Frame; messages: Frame[] }> {
  const client = await server.chat(userId);
  const update = await client.join(chatId);
  const [batch] = await client.drain();
  client.close();
  return { update: update["data"].updates, messages: batch?.["data"].messages ?? [] };
}

test("history comes back as it was sent, and numbering goes on", async () => {
  const ada = await server.chat("ada");
  await ada.join("c-1");
  const said = [await say(ada, "c-1", "m-1"), await say(ada, "c-1", "m-2")];
  const before = await visit("c-1");
  await restart();
  const after = await visit("c-1");
  expect(after).toEqual(before);
  expect(after.messages).toEqual(said);
  const again = await server.chat("ada");
  await again.join("c-1");
  await say(again, "c-1", "m-3");
  expect((await visit("c-1")).update).toEqual({
    title: "c-1",
    messageCount: 3,
    lastMessage: "says m-3",
  });
});

test("titles and open rooms come back", async () => {
  await server.http("PUT", "/v1/rooms/chat:c-2", { title: "Chess", open: true });
  await restart();
  const stranger = await server.chat("stranger", { rooms: [] });
  expect((await stranger.join("c-2"))["data"].updates.title).toBe("Chess");
});

test("members come back, and who was taken out stays out", async () => {
  await server.http("PUT", "/v1/rooms/chat:c-3/members/ada", {});
  await server.http("PUT", "/v1/rooms/chat:c-3/members/bob", {});
  await server.http("DELETE", "/v1/rooms/chat:c-3/members/bob");
  await restart();
  const [ada, bob] = [await server.chat("ada", { rooms: [] }), await server.chat("bob", { rooms: [] })];
  await ada.join("c-3");
  bob.say("chat_update", { action: "join", chatId: "c-3" });
  expect((await bob.next("error"))["data"].code).toBe(403);
});

test("a revoked token stays revoked", async () => {
  const old = await server.token("mallory");
  await server.http("DELETE", "/v1/users/mallory/connections");
  await restart();
  const mallory = await server.connect(`/ws?token=${old}`);
  expect((await mallory.next("error"))["data"].code).toBe(401);
  expect((await mallory.closed).code).toBe(1008);
});

test("what was read is still shown as read, and the rest is not", async () => {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await Promise.all([ada.join("c-4"), bob.join("c-4")]);
  const read = await say(ada, "c-4", "m-1");
  await say(ada, "c-4", "m-2");
  bob.say("read_receipt", { chatId: "c-4", messageIds: [read["data"].message.id], userId: "bob" });
  await bob.next("read_receipt");
  await restart();
  const { messages } = await visit("c-4");
  expect(messages.map((frame) => frame["data"].message.metadata)).toEqual([{ read: true }, {}]);
});

test("a repeat of a message from before is confirmed as it was, and reaches nobody", async () => {
  const ada = await server.chat("ada");
  await ada.join("c-5");
  const said = await say(ada, "c-5", "m-1");
  await restart();
  const [again, bob] = [await server.chat("ada"), await server.chat("bob")];
  await again.join("c-5");
  await bob.join("c-5");
  await bob.drain();
  again.say("message", { chatId: "c-5", content: said["data"].message.content, messageId: "m-1" });
  expect(await again.next("message")).toEqual(said);
  expect(await bob.drain()).toEqual([]);
  expect((await visit("c-5")).messages).toEqual([said]);
});

test("when a user was last here comes back", async () => {
  const ada = await server.chat("ada");
  await ada.drain();
  const lastActive = new Date(clock.now()).toISOString();
  await restart();
  clock.advance(60_000);
  const user = await (await server.http("GET", "/v1/users/ada")).json();
  expect(user).toMatchObject({ id: "ada", online: false, lastActive });
});
