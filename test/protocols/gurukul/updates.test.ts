import { expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { chatUpdate, error, message } from "./frames.ts";

const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "3600000" } }));

/** Somebody who is online, and known to be so. */
async function online(userId: string, rooms: readonly string[]): Promise<TestClient> {
  const client = await server.chat(userId, { rooms });
  await client.drain();
  return client;
}

/** Ada, who may join every chat and has joined this one. */
async function adaIn(chatId: string): Promise<TestClient> {
  const ada = await server.chat("ada");
  await ada.join(chatId);
  return ada;
}

/** Ada says it, and everything that it causes is on its way. */
async function say(ada: TestClient, chatId: string, content: string): Promise<void> {
  ada.say("message", { chatId, content });
  await ada.next("message");
  await ada.drain();
}

const shows = (chatId: string, messageCount: number, lastMessage: string, title = chatId) =>
  chatUpdate(chatId, { title, messageCount, lastMessage });

const membership = (method: "PUT" | "DELETE", chatId: string, userId: string) =>
  server.http(method, `/v1/rooms/chat:${chatId}/members/${userId}`);

test("members who have not joined are shown the chat's new state, not its messages", async () => {
  await membership("PUT", "shown", "bob");
  const bob = await online("bob", []);
  const named = await online("named", ["chat:shown"]);
  const stranger = await online("stranger", ["chat:another"]);
  const ada = await adaIn("shown");
  await say(ada, "shown", "Hello");
  expect(await bob.drain()).toEqual([shows("shown", 1, "Hello")]);
  expect(await named.drain()).toEqual([shows("shown", 1, "Hello")]);
  expect(await stranger.drain()).toEqual([]);
});

test("a wildcard alone makes nobody a member, and takes no membership away", async () => {
  await membership("PUT", "wild", "bob");
  const bob = await online("bob", ["*"]);
  const named = await online("named", ["chat:*", "chat:wild"]);
  const stranger = await online("stranger", ["*"]);
  await say(await adaIn("wild"), "wild", "Hello");
  expect(await bob.drain()).toEqual([shows("wild", 1, "Hello")]);
  expect(await named.drain()).toEqual([shows("wild", 1, "Hello")]);
  expect(await stranger.drain()).toEqual([]);
});

test("a chat shows at most one update a second, the first at once and always the last state", async () => {
  const bob = await online("bob", ["chat:paced"]);
  const ada = await adaIn("paced");
  await say(ada, "paced", "1");
  expect(await bob.drain()).toEqual([shows("paced", 1, "1")]);
  for (const content of ["2", "3", "4"]) await say(ada, "paced", content);
  clock.advance(999);
  expect(await bob.drain()).toEqual([]);
  clock.advance(1);
  expect(await bob.drain()).toEqual([shows("paced", 4, "4")]);
  await say(ada, "paced", "5");
  expect(await bob.drain()).toEqual([]);
  clock.advance(1_000);
  expect(await bob.drain()).toEqual([shows("paced", 5, "5")]);
  clock.advance(10_000);
  expect(await bob.drain()).toEqual([]);
  await say(ada, "paced", "6");
  expect(await bob.drain()).toEqual([shows("paced", 6, "6")]);
});

test("typing and receipts that a backend posts, and opening a chat, are no updates of it", async () => {
  const ada = await adaIn("posted");
  await say(ada, "posted", "1");
  const bob = await online("bob", ["chat:posted"]);
  clock.advance(5_000);
  for (const [type, data] of [
    ["typing", { chatId: "posted", userId: "assistant", isTyping: true }],
    ["read_receipt", { chatId: "posted", userId: "bob", messageIds: ["m-1"], confirmed: true }],
  ] as const) {
    const posted = { room: "chat:posted", type, data };
    expect((await server.http("POST", "/v1/gurukul/events", posted)).status).toBe(200);
  }
  expect((await server.http("PUT", "/v1/rooms/chat:posted", { open: true })).ok).toBe(true);
  expect((await ada.drain()).map(({ type }) => type)).toEqual(["typing", "read_receipt"]);
  clock.advance(5_000);
  expect(await bob.drain()).toEqual([]);
});

test("the pace of one chat does not hold up another", async () => {
  const bob = await online("bob", ["chat:one", "chat:two"]);
  const ada = await server.chat("ada");
  for (const chatId of ["one", "two"]) await say(ada, chatId, "Hello");
  expect(await bob.drain()).toEqual([shows("one", 1, "Hello"), shows("two", 1, "Hello")]);
});

test("who has joined gets the messages and no updates; who leaves again gets updates", async () => {
  const bob = await online("bob", ["*"]);
  await bob.join("both");
  const ada = await adaIn("both");
  await say(ada, "both", "1");
  clock.advance(2_000);
  expect(await bob.drain()).toEqual([message("both", "ada", "1")]);
  bob.say("chat_update", { action: "leave", chatId: "both" });
  await bob.drain();
  await say(ada, "both", "2");
  clock.advance(2_000);
  expect(await bob.drain()).toEqual([shows("both", 2, "2")]);
});

test("a new title is shown to all members, joined or not, and to users who join later", async () => {
  const bob = await online("bob", ["chat:titled"]);
  const ada = await adaIn("titled");
  await say(ada, "titled", "Hello");
  await bob.next("chat_update");
  clock.advance(2_000);
  expect((await server.http("PUT", "/v1/rooms/chat:titled", { title: "Our <b>chat</b>" })).ok).toBe(true);
  expect(await ada.next("chat_update")).toEqual(shows("titled", 1, "Hello", "Our chat"));
  expect(await bob.next("chat_update")).toEqual(shows("titled", 1, "Hello", "Our chat"));
  const late = await server.chat("late");
  expect(await late.join("titled")).toEqual(shows("titled", 1, "Hello", "Our chat"));
  // Of an empty one there would be nothing to see: the id takes its place, as without a title.
  for (const title of ["", "<b></b>", "\u3164"]) {
    expect((await server.http("PUT", "/v1/rooms/chat:titled", { title })).ok).toBe(true);
    expect(await (await adaIn("other")).join("titled")).toEqual(shows("titled", 1, "Hello"));
  }
});

test("a chat that a backend removes is shown empty to those who may still be in it, joined or not", async () => {
  const bob = await online("bob", ["chat:removed"]);
  const ada = await adaIn("removed");
  await say(ada, "removed", "Hello");
  await bob.drain();
  clock.advance(2_000);
  expect((await server.http("DELETE", "/v1/rooms/chat:removed")).ok).toBe(true);
  for (const client of [ada, bob]) expect(await client.drain()).toEqual([shows("removed", 0, "")]);
});

test("who becomes a member while online may join, and is shown what happens until then", async () => {
  const bob = await online("bob", []);
  bob.say("chat_update", { action: "join", chatId: "invited" });
  expect(await bob.next()).toEqual(error(403, "Access denied to chat"));
  const ada = await adaIn("invited");
  await say(ada, "invited", "1");
  expect(await bob.drain()).toEqual([]);
  clock.advance(2_000);
  expect((await membership("PUT", "invited", "bob")).ok).toBe(true);
  await say(ada, "invited", "2");
  expect(await bob.next("chat_update")).toEqual(shows("invited", 2, "2"));
  expect(await bob.join("invited")).toEqual(shows("invited", 2, "2"));
});

test("who is no longer a member is put out of the chat, and gets nothing of it any more", async () => {
  for (const user of ["bob", "eve"]) await membership("PUT", "expelled", user);
  const [bob, eve] = [await online("bob", []), await online("eve", [])];
  await bob.join("expelled");
  for (const user of ["bob", "eve"]) expect((await membership("DELETE", "expelled", user)).ok).toBe(true);
  expect(await bob.drain()).toEqual([error(403, "Access denied to chat")]);
  const ada = await adaIn("expelled");
  await say(ada, "expelled", "Are they gone?");
  clock.advance(2_000);
  expect(await bob.drain()).toEqual([]);
  expect(await eve.drain()).toEqual([]);
  for (const client of [bob, eve]) {
    client.say("message", { chatId: "expelled", content: "We are not" });
    expect(await client.next()).toEqual(error(403, "Access denied to chat"));
  }
  expect(await ada.drain()).toEqual([]);
});

test("a member whose token grants the chat as well stays when the membership ends", async () => {
  const members = { bob: "chat:granted", eve: "chat:*" };
  const clients: TestClient[] = [];
  for (const [user, grant] of Object.entries(members)) {
    await membership("PUT", "granted", user);
    const client = await online(user, [grant]);
    await client.join("granted");
    await membership("DELETE", "granted", user);
    clients.push(client);
  }
  const ada = await adaIn("granted");
  await say(ada, "granted", "Still here?");
  for (const client of clients) {
    expect(await client.drain()).toEqual([message("granted", "ada", "Still here?")]);
  }
});

test("an open chat can be joined by everyone", async () => {
  const bob = await online("bob", []);
  bob.say("chat_update", { action: "join", chatId: "open" });
  expect(await bob.next()).toEqual(error(403, "Access denied to chat"));
  await server.http("PUT", "/v1/rooms/chat:open", { open: true });
  expect(await bob.join("open")).toEqual(shows("open", 0, ""));
});

test("when a chat is open no more, who was in it hears of it no more, nor who had left it", async () => {
  await server.http("PUT", "/v1/rooms/chat:closing", { open: true });
  const [inside, outside] = [await online("bob", []), await online("eve", [])];
  for (const client of [inside, outside]) await client.join("closing");
  outside.say("chat_update", { action: "leave", chatId: "closing" });
  await outside.drain();
  await server.http("PUT", "/v1/rooms/chat:closing", { open: false });
  expect(await inside.drain()).toEqual([error(403, "Access denied to chat")]);
  await say(await adaIn("closing"), "closing", "Among ourselves");
  clock.advance(2_000);
  expect(await inside.drain()).toEqual([]);
  expect(await outside.drain()).toEqual([]);
});
