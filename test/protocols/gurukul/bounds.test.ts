import { expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { says, startFakeOpenAi, waits } from "../../support/fake-openai.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";

const ai = stopAfterAll(startFakeOpenAi());
const server = stopAfterAll(await startTestServer({ env: { AI_BASE_URL: ai.baseURL, AI_MODEL: "fake" } }));

const update = (client: TestClient, action: "join" | "leave", chatId: string) =>
  client.say("chat_update", { action, chatId });
const say = (client: TestClient, chatId: string, content: string) =>
  client.say("message", { chatId, content });

test("a connection is in a hundred chats at most, and in another once it has left one", async () => {
  const ada = await server.chat("ada");
  for (let n = 0; n < 100; n++) await ada.join(`many-${n}`);
  update(ada, "join", "more");
  expect((await ada.next("error"))["data"]).toEqual({
    code: 400,
    message: "chatId: must be one of at most 100: leave another first",
  });
  // Joining one of them again is no more.
  await ada.join("many-7");
  update(ada, "leave", "many-7");
  await ada.join("more");
});

test("a connection hears of the hundred chats that it left last, and of the user's own for ever", async () => {
  const [ada, bob] = [await server.chat("ada", { rooms: ["chat:own", "chat:*"] }), await server.chat("bob")];
  for (const chatId of ["own", "first", ...Array.from({ length: 99 }, (_, n) => `left-${n}`)]) {
    await ada.join(chatId);
    update(ada, "leave", chatId);
  }
  await ada.drain();
  for (const chatId of ["own", "first", "left-0"]) say(bob, chatId, "hello");
  await bob.drain();
  const heard = async () => (await ada.drain()).map(({ data }) => data.chatId);
  expect(await heard()).toEqual(["own", "first", "left-0"]);

  await ada.join("one-more");
  update(ada, "leave", "one-more");
  await ada.join("another");
  update(ada, "leave", "another");
  await ada.drain();
  for (const chatId of ["own", "first", "left-1"]) say(bob, chatId, "hello again");
  await bob.drain();
  let chats: string[] = [];
  while (!chats.includes("left-1") || !chats.includes("own")) chats = [...chats, ...(await heard())];
  expect(chats.sort()).toEqual(["left-1", "own"]);
});

test("who is shown as typing in a hundred chats is shown in the last hundred only", async () => {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await bob.join("t-0");
  const type = (n: number) => ada.say("typing", { chatId: `t-${n}`, userId: "ada", isTyping: true });
  for (let n = 0; n <= 100; n++) type(n);
  expect((await bob.next("typing"))["data"].isTyping).toBe(true);
  expect((await bob.next("typing"))["data"].isTyping).toBe(false);
});

test("who is in a chat no longer leaves it without an error", async () => {
  const eve = await server.chat("eve", { rooms: [] });
  await server.http("PUT", "/v1/rooms/chat:club/members/eve", {});
  await eve.join("club");
  await server.http("DELETE", "/v1/rooms/chat:club/members/eve");
  expect((await eve.next("error"))["data"].code).toBe(403);
  update(eve, "leave", "club");
  expect(await eve.drain()).toEqual([]);
});

test("an answer that comes after a backend has removed the chat is no message of the new one", async () => {
  const released = Promise.withResolvers<void>();
  ai.reply = waits(released.promise, says("The secret of the old chat"));
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await bob.join("old");
  const asked = ai.requests.length;
  ada.say("message", { chatId: "old", content: "A question", agentId: "guide" });
  const request = await ai.request(asked);
  expect((await server.http("DELETE", "/v1/rooms/chat:old")).status).toBe(204);
  expect((await ada.next("error"))["data"]).toEqual({ code: 503, message: "Agent unavailable" });
  released.resolve();
  await request.cancelled;
  const history = await (await server.http("GET", "/v1/rooms/chat:old/messages")).json();
  expect(history).toEqual({ messages: [], hasMore: false });
});

test("an asker who has left the chat that nobody else is in hears that there will be no answer", async () => {
  ai.reply = waits(new Promise(() => {}), says("late"));
  const ada = await server.chat("ada");
  await ada.join("lonely");
  const asked = ai.requests.length;
  ada.say("message", { chatId: "lonely", content: "A question", agentId: "guide" });
  await ai.request(asked);
  update(ada, "leave", "lonely");
  expect((await ada.next("error"))["data"]).toEqual({ code: 503, message: "Agent unavailable" });
});

test("the assistant who is called off with the chat is no longer shown as typing to those who are still in it", async () => {
  ai.reply = waits(new Promise(() => {}), says("late"));
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await ada.join("quiet");
  await bob.join("quiet");
  const asked = ai.requests.length;
  ada.say("message", { chatId: "quiet", content: "A question", agentId: "guide" });
  await ai.request(asked);
  expect((await bob.next("typing"))["data"].isTyping).toBe(true);
  expect((await server.http("DELETE", "/v1/rooms/chat:quiet")).status).toBe(204);
  expect((await bob.next("typing"))["data"]).toEqual({
    ...{ chatId: "quiet", userId: "assistant", agentId: "guide" },
    isTyping: false,
  });
});

test("everybody whose question waits hears that there will be no answer when the chat is removed", async () => {
  ai.reply = waits(new Promise(() => {}), says("late"));
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await ada.join("queue");
  await bob.join("queue");
  const asked = ai.requests.length;
  ada.say("message", { chatId: "queue", content: "first", agentId: "guide" });
  ada.say("message", { chatId: "queue", content: "second", agentId: "guide" });
  bob.say("message", { chatId: "queue", content: "third", agentId: "guide" });
  await ai.request(asked);
  for (const one of [ada, ada, ada]) await one.next("message");
  expect((await server.http("DELETE", "/v1/rooms/chat:queue")).status).toBe(204);
  for (const one of [ada, ada, bob])
    expect((await one.next("error"))["data"]).toEqual({ code: 503, message: "Agent unavailable" });
  expect(ai.requests).toHaveLength(asked + 1);
});
