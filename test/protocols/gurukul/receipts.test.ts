import { expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { error, message, receipt } from "./frames.ts";

const server = stopAfterAll(await startTestServer());

/** Ada and Bob in a chat, and the ids of what Ada has said there. */
async function chat(chatId: string, contents: readonly string[] = ["Hello"]) {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await ada.join(chatId);
  await bob.join(chatId);
  const ids: string[] = [];
  for (const content of contents) {
    ada.say("message", { chatId, content });
    ids.push((await ada.next("message"))["data"].message.id);
    await bob.next("message");
  }
  return { ada, bob, ids };
}

const read = (client: TestClient, chatId: string, userId: string, messageIds: readonly string[]) =>
  client.say("read_receipt", { chatId, userId, messageIds });

const missing = error(404, expect.any(String));

test("the reader is confirmed, and the others in the chat are told the same", async () => {
  const { ada, bob, ids } = await chat("told", ["one", "two"]);
  read(bob, "told", "bob", ids);
  expect(await bob.drain()).toEqual([receipt("told", "bob", ids)]);
  expect(await ada.drain()).toEqual([receipt("told", "bob", ids)]);
});

test("a reader who has not joined the chat is confirmed too, and once", async () => {
  const { ada, ids } = await chat("outside");
  const eve = await server.chat("eve");
  read(eve, "outside", "eve", ids);
  expect(await eve.drain()).toEqual([receipt("outside", "eve", ids)]);
  expect(await ada.drain()).toEqual([receipt("outside", "eve", ids)]);
});

test("only ids that exist in this chat are confirmed", async () => {
  const { ids: elsewhere } = await chat("elsewhere");
  const { ada, bob, ids } = await chat("here", ["one", "two"]);
  const [one, two] = ids as [string, string];
  const almost = `${one}0`;
  read(bob, "here", "bob", ["msg-123", two, ...elsewhere, almost, one, one.replace("msg-", "msg-0")]);
  expect(await bob.drain()).toEqual([receipt("here", "bob", [two, one])]);
  expect(await ada.drain()).toEqual([receipt("here", "bob", [two, one])]);
});

test("an id that is named twice is confirmed once", async () => {
  const { bob, ids } = await chat("double");
  read(bob, "double", "bob", [...ids, ...ids]);
  expect(await bob.drain()).toEqual([receipt("double", "bob", ids)]);
});

test("when none of the ids exists the reader gets 404, and the others nothing", async () => {
  const { ids: elsewhere } = await chat("another");
  const { ada, bob } = await chat("none");
  for (const ids of [["msg-123"], elsewhere, ["__proto__", "constructor"], ["msg-0-99999999999999999999"]]) {
    read(bob, "none", "bob", ids);
    expect(await bob.drain()).toEqual([missing]);
  }
  read(bob, "never-used", "bob", ["msg-123"]);
  expect(await bob.drain()).toEqual([missing]);
  expect(await ada.drain()).toEqual([]);
});

test("nobody reads in another's name", async () => {
  const { ada, bob, ids } = await chat("forged");
  read(bob, "forged", "ada", ids);
  expect(await bob.drain()).toEqual([error(403, expect.any(String))]);
  expect(await ada.drain()).toEqual([]);
});

test("reading again is confirmed again", async () => {
  const { bob, ids } = await chat("again");
  for (let n = 0; n < 2; n++) {
    read(bob, "again", "bob", ids);
    expect(await bob.drain()).toEqual([receipt("again", "bob", ids)]);
  }
});

test("a message can be marked as read in the breath that it arrived in", async () => {
  const { bob } = await chat("quick", []);
  const eve = await server.chat("eve");
  await eve.join("quick");
  eve.socket.addEventListener("message", ({ data }) => {
    const frame = JSON.parse(String(data));
    if (frame.type === "message") read(eve, "quick", "eve", [frame.data.message.id]);
  });
  for (let n = 0; n < 50; n++) bob.say("message", { chatId: "quick", content: String(n) });
  for (let n = 0; n < 50; n++) await bob.next("read_receipt");
  expect(bob.frames.filter((frame) => frame["type"] === "error")).toEqual([]);
});

test("what somebody has read shows as read to those who join later, and the rest does not", async () => {
  const { bob, ids } = await chat("history", ["read", "unread"]);
  read(bob, "history", "bob", ids.slice(0, 1));
  await bob.next("read_receipt");
  const late = await server.chat("late");
  await late.join("history");
  const [first, second] = (await late.next("batch"))["data"].messages;
  const shown = message("history", "ada", "read");
  shown["data"].message.metadata = { read: true };
  expect(first).toEqual(shown);
  expect(second).toEqual(message("history", "ada", "unread"));
});

test("what somebody has read shows as read in the history that backends get, a page either way", async () => {
  const { bob, ids } = await chat("paged", ["first", "read", "unread"]);
  read(bob, "paged", "bob", ids.slice(1, 2));
  await bob.next("read_receipt");
  const [first, , unread] = ids as [string, string, string];
  for (const query of ["", `?before=${unread}`, `?after=${first}`]) {
    const page = await server.http("GET", `/v1/rooms/chat:paged/messages${query}`);
    const { messages } = (await page.json()) as Frame;
    const marks = messages.map(({ content, metadata }: Frame) => [content, metadata]);
    expect(marks).toContainEqual(["read", { read: true }]);
    expect(marks.filter(([, { read }]: [string, Frame]) => read)).toHaveLength(1);
  }
});

test("a receipt that a backend posts for a user counts like one that the user sends", async () => {
  const { ada, ids } = await chat("posted", ["read", "unread"]);
  const data = { chatId: "posted", messageIds: ids.slice(0, 1), userId: "bob", confirmed: true };
  const posted = { room: "chat:posted", type: "read_receipt", data, id: "r-1" };
  for (const status of [200, 200]) {
    expect((await server.http("POST", "/v1/gurukul/events", posted)).status).toBe(status);
  }
  const other = { ...posted, data: { ...data, messageIds: ids } };
  expect((await server.http("POST", "/v1/gurukul/events", other)).status).toBe(409);
  expect(await ada.drain()).toEqual([receipt("posted", "bob", ids.slice(0, 1))]);
  const late = await server.chat("late");
  await late.join("posted");
  const shown = (await late.next("batch"))["data"].messages;
  expect(shown.map((one: Frame) => one["data"].message.metadata)).toEqual([{ read: true }, {}]);
});

test("a receipt is no message: it neither counts nor shows as the last one", async () => {
  const { ada, bob, ids } = await chat("counted");
  const late = await server.chat("late");
  const joining = async () => (await late.join("counted"))["data"].updates;
  read(bob, "counted", "bob", ids);
  await bob.next("read_receipt");
  expect(await joining()).toMatchObject({ messageCount: 1, lastMessage: "Hello" });
  expect((await late.next("batch"))["data"].messages).toHaveLength(1);
  ada.say("message", { chatId: "counted", content: "Goodbye" });
  await ada.next("message");
  expect(await joining()).toMatchObject({ messageCount: 2, lastMessage: "Goodbye" });
});
