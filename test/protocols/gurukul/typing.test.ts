import { expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { error, typing } from "./frames.ts";

const server = stopAfterAll(await startTestServer());

async function inChat(chatId: string, userId: string): Promise<TestClient> {
  const client = await server.chat(userId);
  await client.join(chatId);
  return client;
}

test("typing goes to the others in the chat, and not back to the sender", async () => {
  const [ada, bob] = [await inChat("c1", "ada"), await inChat("c1", "bob")];
  const elsewhere = await inChat("c2", "eve");
  ada.say("typing", { chatId: "c1", userId: "ada", isTyping: true });
  ada.say("typing", { chatId: "c1", userId: "ada", agentId: "therapist", isTyping: false });
  expect(await ada.drain()).toEqual([]);
  expect(await bob.drain()).toEqual([typing("c1", "ada", true), typing("c1", "ada", false, "therapist")]);
  expect(await elsewhere.drain()).toEqual([]);
});

test("another device of the same user is one of the others", async () => {
  const [laptop, phone] = [await inChat("devices", "ada"), await inChat("devices", "ada")];
  laptop.say("typing", { chatId: "devices", userId: "ada", isTyping: true });
  expect(await laptop.drain()).toEqual([]);
  expect(await phone.drain()).toEqual([typing("devices", "ada", true)]);
});

test("nobody types in another's name, not even the assistant's", async () => {
  const [ada, bob] = [await inChat("names", "ada"), await inChat("names", "bob")];
  for (const userId of ["bob", "assistant"]) {
    ada.say("typing", { chatId: "names", userId, isTyping: true });
    expect(await ada.drain()).toEqual([error(403, expect.any(String))]);
  }
  expect(await bob.drain()).toEqual([]);
});

test("who joins later is not shown what was typed before", async () => {
  const ada = await inChat("later", "ada");
  ada.say("typing", { chatId: "later", userId: "ada", isTyping: true });
  await ada.drain();
  const bob = await inChat("later", "bob");
  expect(await bob.drain()).toEqual([]);
});

test("who leaves while typing does not stay shown as typing", async () => {
  const [ada, bob] = [await inChat("leave", "ada"), await inChat("leave", "bob")];
  ada.say("typing", { chatId: "leave", userId: "ada", isTyping: true });
  ada.say("chat_update", { action: "leave", chatId: "leave" });
  await ada.drain();
  expect(await bob.drain()).toEqual([typing("leave", "ada", true), typing("leave", "ada", false)]);
});

test("whose connection closes while typing does not stay shown as typing", async () => {
  const [ada, bob] = [await inChat("close", "ada"), await inChat("close", "bob")];
  ada.say("typing", { chatId: "close", userId: "ada", isTyping: true });
  expect(await bob.next()).toEqual(typing("close", "ada", true));
  ada.close();
  expect(await bob.next()).toEqual(typing("close", "ada", false));
});

test("who had stopped typing leaves without a word", async () => {
  const [ada, bob] = [await inChat("quiet", "ada"), await inChat("quiet", "bob")];
  ada.say("typing", { chatId: "quiet", userId: "ada", isTyping: true });
  ada.say("typing", { chatId: "quiet", userId: "ada", isTyping: false });
  ada.say("chat_update", { action: "leave", chatId: "quiet" });
  await ada.drain();
  expect(await bob.drain()).toEqual([typing("quiet", "ada", true), typing("quiet", "ada", false)]);
});

test("typing keeps its place among the messages", async () => {
  const [ada, bob] = [await inChat("order", "ada"), await inChat("order", "bob")];
  ada.say("typing", { chatId: "order", userId: "ada", isTyping: true });
  ada.say("message", { chatId: "order", content: "Hello" });
  ada.say("typing", { chatId: "order", userId: "ada", isTyping: false });
  await ada.drain();
  expect((await bob.drain()).map((frame) => frame["data"].isTyping ?? "message")).toEqual([
    true,
    "message",
    false,
  ]);
});

test("who is expelled while typing is no longer shown so", async () => {
  await server.http("PUT", "/v1/rooms/chat:out/members/eve");
  const ada = await inChat("out", "ada");
  const eve = await server.chat("eve", { rooms: [] });
  await eve.join("out");
  eve.say("typing", { chatId: "out", userId: "eve", isTyping: true });
  await ada.next("typing");
  await server.http("DELETE", "/v1/rooms/chat:out/members/eve");
  expect(await ada.next("typing")).toEqual(typing("out", "eve", false));
});

test("who loses access to a chat that they type in, and have not joined, is no longer shown as typing", async () => {
  await server.http("PUT", "/v1/rooms/chat:beside/members/eve");
  const ada = await inChat("beside", "ada");
  const eve = await server.chat("eve", { rooms: [] });
  eve.say("typing", { chatId: "beside", userId: "eve", isTyping: true });
  await ada.next("typing");
  await server.http("DELETE", "/v1/rooms/chat:beside/members/eve");
  expect(await ada.drain()).toEqual([typing("beside", "eve", false)]);
  expect(await eve.drain()).toEqual([]);
});

test.each(["closed", "removed"])(
  "who types in an open chat that is %s, and has not joined it, is no longer shown as typing",
  async (how) => {
    const room = `chat:${how}`;
    await server.http("PUT", `/v1/rooms/${room}`, { open: true });
    const ada = await inChat(how, "ada");
    const eve = await server.chat("eve", { rooms: [] });
    eve.say("typing", { chatId: how, userId: "eve", isTyping: true });
    await ada.next("typing");
    if (how === "closed") await server.http("PUT", `/v1/rooms/${room}`, { open: false });
    else await server.http("DELETE", `/v1/rooms/${room}`);
    expect(await ada.next("typing")).toEqual(typing(how, "eve", false));
    expect(await eve.drain()).toEqual([]);
  },
);

test("nobody connects as the assistant", async () => {
  const impostor = await server.chat("assistant");
  expect(await impostor.next()).toEqual(error(401, "Authentication failed"));
  expect((await impostor.closed).code).toBe(1008);
});

test("a user who types on two devices and closes one of them is still shown as typing", async () => {
  const bob = await inChat("both", "bob");
  const [laptop, phone] = [await inChat("both", "ada"), await inChat("both", "ada")];
  for (const device of [laptop, phone]) {
    device.say("typing", { chatId: "both", userId: "ada", isTyping: true });
    expect(await bob.next()).toEqual(typing("both", "ada", true));
  }
  phone.close();
  await phone.closed;
  expect(await bob.drain()).toEqual([]);
  laptop.close();
  expect(await bob.next()).toEqual(typing("both", "ada", false));
});
