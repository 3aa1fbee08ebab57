import { expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { expectProblem } from "../../support/problem.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { batch, chatUpdate, error, message } from "./frames.ts";

const server = stopAfterAll(await startTestServer());

/** A user who has said these in the chat, and is confirmed. */
async function speaker(chatId: string, contents: readonly string[]): Promise<TestClient> {
  const client = await server.chat("ada");
  for (const content of contents) client.say("message", { chatId, content });
  for (const _ of contents) await client.next("message");
  return client;
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => String(from + n));
const contentOf = (frame: Frame): string => frame["data"].message.content;

test("joining an empty chat shows an empty chat, and no history", async () => {
  const bob = await server.chat("bob");
  const update = await bob.join("empty");
  expect(update).toEqual(chatUpdate("empty", { title: "empty", messageCount: 0, lastMessage: "" }));
  expect(await bob.drain()).toEqual([]);
});

test("joining shows the state of the chat, then its history in one batch, oldest first", async () => {
  await speaker("short", ["first", "second", "third"]);
  const bob = await server.chat("bob");
  expect(await bob.join("short")).toEqual(
    chatUpdate("short", { title: "short", messageCount: 3, lastMessage: "third" }),
  );
  expect(await bob.drain()).toEqual([
    batch(["first", "second", "third"].map((content) => message("short", "ada", content))),
  ]);
});

test("history is the very frames that the members got", async () => {
  const ada = await server.chat("ada");
  await ada.join("same");
  ada.say("message", { chatId: "same", content: "Hello", messageId: "temp-1" });
  const live = await ada.next("message");
  const bob = await server.chat("bob");
  await bob.join("same");
  expect((await bob.next("batch"))["data"].messages).toEqual([live]);
});

test("of a long history a joiner gets the last 50 messages and the count of all", async () => {
  await speaker("long", numbers(1, 60));
  const bob = await server.chat("bob");
  expect((await bob.join("long"))["data"].updates).toMatchObject({ messageCount: 60, lastMessage: "60" });
  expect((await bob.next("batch"))["data"].messages.map(contentOf)).toEqual(numbers(11, 60));
});

test("50 of the largest messages come whole and in order", async () => {
  const contents = numbers(1, 50).map((number) => number.padEnd(10_000, "x"));
  await speaker("large", contents);
  const bob = await server.chat("bob");
  await bob.join("large");
  expect((await bob.next("batch"))["data"].messages.map(contentOf)).toEqual(contents);
});

test("everyone in the chat gets every message once and in the same order, from every sender", async () => {
  const clients = await Promise.all(["ada", "bob", "eve"].map((name) => server.chat(name)));
  for (const client of clients) await client.join("busy");
  for (let n = 0; n < 100; n++) {
    clients[n % 3]!.say("message", { chatId: "busy", content: `${n % 3} says ${Math.floor(n / 3)}` });
  }
  const heard: string[][] = [];
  for (const client of clients) {
    const contents: string[] = [];
    while (contents.length < 100) contents.push(contentOf(await client.next("message")));
    expect(await client.drain()).toEqual([]);
    heard.push(contents);
  }
  expect(heard[1]).toEqual(heard[0]!);
  expect(heard[2]).toEqual(heard[0]!);
  for (const who of ["0", "1", "2"]) {
    const own = heard[0]!.filter((text) => text.startsWith(who)).map((text) => Number(text.slice(7)));
    expect(own).toEqual([...own.keys()]);
  }
});

test("who joins in the middle of the traffic gets neither a gap nor a repeat", async () => {
  const total = 3_000;
  const ada = await server.chat("ada");
  const joiners = await Promise.all(Array.from({ length: 60 }, (_, n) => server.chat(`joiner-${n}`)));
  for (let n = 1; n <= total; n++) {
    ada.say("message", { chatId: "burst", content: String(n) });
    if (n % 50 === 0) joiners[n / 50 - 1]!.say("chat_update", { action: "join", chatId: "burst" });
  }
  let joinedMidway = 0;
  for (const joiner of joiners) {
    const frames = [await joiner.next()];
    while (!JSON.stringify(frames.at(-1)).includes(`"content":"${total}"`)) frames.push(await joiner.next());
    const [update, first, ...rest] = frames as [Frame, Frame, ...Frame[]];
    const past: Frame[] = first["type"] === "batch" ? first["data"].messages : [first];
    const seen = [...past, ...rest].map((frame) => Number(contentOf(frame)));
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, n) => total - seen.length + 1 + n));
    const before = first["type"] === "batch" ? past.length : 0;
    expect(before).toBe(Math.min(50, update["data"].updates.messageCount));
    expect(update["data"].updates.messageCount).toBe(total - (seen.length - before));
    expect(update["data"].updates.lastMessage).toBe(before > 0 ? contentOf(past.at(-1)!) : "");
    if (rest.length > 0) joinedMidway++;
  }
  expect(joinedMidway).toBeGreaterThan(10);
});

test("joining and speaking in one breath keeps their order", async () => {
  const bob = await server.chat("bob");
  for (const content of ["1", "2"]) bob.say("message", { chatId: "breath", content });
  bob.say("chat_update", { action: "join", chatId: "breath" });
  for (const content of ["3", "4"]) bob.say("message", { chatId: "breath", content });
  const frames = await bob.drain();
  const live = (content: string) => message("breath", "bob", content);
  expect(frames).toEqual([
    ...[live("1"), live("2")],
    chatUpdate("breath", { title: "breath", messageCount: 2, lastMessage: "2" }),
    batch([live("1"), live("2")]),
    ...[live("3"), live("4")],
  ]);
});

test("who has left gets no more messages, and may come back to all of them", async () => {
  const ada = await speaker("door", ["before"]);
  const bob = await server.chat("bob");
  await bob.join("door");
  bob.say("chat_update", { action: "leave", chatId: "door" });
  await bob.drain();
  ada.say("message", { chatId: "door", content: "meanwhile" });
  await ada.next("message");
  expect((await bob.drain()).filter((frame) => frame["type"] !== "chat_update")).toEqual([]);
  await bob.join("door");
  expect((await bob.next("batch"))["data"].messages.map(contentOf)).toEqual(["before", "meanwhile"]);
});

test("leaving a chat that one is not in does nothing", async () => {
  const bob = await server.chat("bob");
  bob.say("chat_update", { action: "leave", chatId: "never-joined" });
  expect(await bob.drain()).toEqual([]);
});

test("a second join shows the chat again, and messages still come once", async () => {
  const ada = await speaker("twice", ["one"]);
  const bob = await server.chat("bob");
  await bob.join("twice");
  await bob.next("batch");
  expect((await bob.join("twice"))["data"].updates.messageCount).toBe(1);
  expect((await bob.next("batch"))["data"].messages.map(contentOf)).toEqual(["one"]);
  ada.say("message", { chatId: "twice", content: "two" });
  await ada.next("message");
  expect(await bob.drain()).toEqual([message("twice", "ada", "two")]);
  bob.say("chat_update", { action: "leave", chatId: "twice" });
  await bob.drain();
  ada.say("message", { chatId: "twice", content: "three" });
  await ada.next("message");
  expect((await bob.drain()).filter((frame) => frame["type"] === "message")).toEqual([]);
});

test("a chat is only for those whom it is granted to, joining and speaking alike", async () => {
  const eve = await server.chat("eve", { rooms: ["chat:hers", "guild:*"] });
  for (const [type, data] of [
    ["chat_update", { action: "join", chatId: "private" }],
    ["message", { chatId: "private", content: "let me in" }],
    ["typing", { chatId: "private", userId: "eve", isTyping: true }],
    ["read_receipt", { chatId: "private", userId: "eve", messageIds: ["msg-1"] }],
  ] as const) {
    eve.say(type, data);
    expect(await eve.next()).toEqual(error(403, "Access denied to chat"));
  }
  const bob = await server.chat("bob", { rooms: ["chat:*"] });
  expect((await bob.join("private"))["data"].updates.messageCount).toBe(0);
});

test("a member of several chats gets each one's messages with its chatId", async () => {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  for (const chatId of ["left", "right"]) await bob.join(chatId);
  for (const chatId of ["left", "right", "other"]) ada.say("message", { chatId, content: `in ${chatId}` });
  await ada.drain();
  expect(await bob.drain()).toEqual([message("left", "ada", "in left"), message("right", "ada", "in right")]);
});

test("nobody speaks, joins or leaves in another's name", async () => {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await bob.join("names");
  for (const [type, data] of [
    ["message", { chatId: "names", content: "it was me" }],
    ["chat_update", { action: "join", chatId: "names" }],
    ["chat_update", { action: "leave", chatId: "names" }],
  ] as const) {
    ada.say(type, { ...data, userId: "bob" });
    expect(await ada.next()).toEqual(error(403, "userId: must be your own"));
  }
  ada.say("message", { chatId: "names", content: "hello", userId: "ada" });
  expect(await ada.drain()).toEqual([message("names", "ada", "hello")]);
  expect(await bob.drain()).toEqual([message("names", "ada", "hello")]);
});

test("no backend's message takes the id of a message that somebody wrote in the chat", async () => {
  const ada = await speaker("taken", ["mine"]);
  const listed = async () => (await server.http("GET", "/v1/rooms/chat:taken/messages")).json();
  const before = (await listed()) as Frame;
  const [{ id }] = before["messages"];
  const posted = (chatId: string) => {
    const data = { chatId, message: { ...before["messages"][0], chatId, content: "theirs" } };
    return server.http("POST", "/v1/gurukul/events", { room: `chat:${chatId}`, type: "message", data });
  };
  await expectProblem(await posted("taken"), 400, ["data.message.id"]);
  expect(await listed()).toEqual(before);
  expect(await ada.drain()).toEqual([]);
  // In another chat, as when a backend copies one, the id is free.
  expect(await (await posted("copied")).json()).toEqual({ accepted: 1, ids: [id] });
});
