import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { databaseOf } from "./support/child.ts";
import { failWrites } from "./support/failing-writes.ts";
import { startTestServer, stopAfterAll } from "./support/server.ts";

const server = stopAfterAll(await startTestServer());

test("a message that cannot be stored is refused to its sender and reaches nobody", async () => {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await Promise.all([ada.join("c-1"), bob.join("c-1")]);
  using _ = failWrites(server, "events");
  ada.say("message", { chatId: "c-1", content: "private words", messageId: "m-1" });
  expect((await ada.next("error"))["data"]).toEqual({ code: 500, message: "Internal server error" });
  expect(await bob.drain()).toEqual([]);
  expect(ada.isOpen).toBe(true);
  expect(server.lines.join()).not.toContain("private words");
});

test("when the trouble is over a resend is stored and not taken for a repeat, and numbering has no gap", async () => {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await Promise.all([ada.join("c-2"), bob.join("c-2")]);
  const say = (n: number) => ada.say("message", { chatId: "c-2", content: `${n}`, messageId: `m-${n}` });
  say(1);
  await ada.next("message");
  using trouble = failWrites(server, "events");
  say(2);
  say(3);
  await ada.next("error");
  await ada.next("error");
  trouble.mend();
  for (const n of [1, 2, 3, 4]) say(n);
  const confirmed = [];
  for (let n = 0; n < 4; n++) confirmed.push((await ada.next("message"))["data"].messageId);
  expect(confirmed).toEqual(["m-1", "m-2", "m-3", "m-4"]);
  const heard = (await bob.drain()).map((frame) => frame["data"].messageId);
  expect(heard).toEqual(["m-1", "m-2", "m-3", "m-4"]);
  using beside = new Database(databaseOf(server.directory));
  const offsets = beside
    .query(
      "select offset from events join rooms on rooms.id = room_id where name = 'chat:c-2' order by offset",
    )
    .values();
  expect(offsets).toEqual([[1], [2], [3], [4]]);
  const update = await (await server.chat("eve")).join("c-2");
  expect(update["data"].updates.messageCount).toBe(4);
});

test("a receipt that cannot be stored is not confirmed to anybody", async () => {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await Promise.all([ada.join("c-3"), bob.join("c-3")]);
  ada.say("message", { chatId: "c-3", content: "Read me" });
  const { id } = (await bob.next("message"))["data"].message;
  await ada.drain();
  using trouble = failWrites(server, "receipts");
  bob.say("read_receipt", { chatId: "c-3", messageIds: [id], userId: "bob" });
  expect((await bob.next("error"))["data"].code).toBe(500);
  expect(await ada.drain()).toEqual([]);
  trouble.mend();
  bob.say("read_receipt", { chatId: "c-3", messageIds: [id], userId: "bob" });
  expect((await ada.next("read_receipt"))["data"].confirmed).toBe(true);
});

test("a backend is told that what it says of a room could not be stored, and may say it again", async () => {
  using trouble = failWrites(server, "rooms");
  const failed = await server.http("PUT", "/v1/rooms/chat:c-5", { title: "Chess" });
  expect(failed.status).toBeGreaterThanOrEqual(500);
  expect(failed.headers.get("content-type")).toBe("application/problem+json");
  trouble.mend();
  const ada = await server.chat("ada");
  expect((await ada.join("c-5"))["data"].updates.title).toBe("c-5");
  expect((await server.http("PUT", "/v1/rooms/chat:c-5", { title: "Chess" })).status).toBe(200);
  expect((await ada.next("chat_update"))["data"].updates.title).toBe("Chess");
});

test("a backend that posts a message a second time does not fail the turn of others", async () => {
  const ada = await server.chat("ada");
  await ada.join("c-7");
  const timestamp = new Date().toISOString();
  const who = { chatId: "c-7", userId: "assistant", role: "assistant", metadata: {}, timestamp } as const;
  const post = (id: string) => ({
    room: "chat:c-7",
    type: "message",
    data: { chatId: "c-7", message: { ...who, id, content: id } },
  });
  await server.http("POST", "/v1/gurukul/events", post("b-1"));
  const again = [post("b-2"), post("b-1"), post("b-3")];
  expect((await server.http("POST", "/v1/gurukul/events", again)).status).toBe(200);
  const heard = (await ada.drain()).map((frame) => frame["data"].message.id);
  expect(heard).toEqual(["b-1", "b-2", "b-3"]);
});

test("a server that cannot store says so in its health, until it can", async () => {
  const ada = await server.chat("ada");
  await ada.join("c-6");
  using trouble = failWrites(server, "events", "log_position");
  ada.say("message", { chatId: "c-6", content: "Lost" });
  await ada.next("error");
  expect((await server.http("GET", "/health/ready")).status).toBe(503);
  const health = await server.http("GET", "/ws/health");
  expect(health.status).toBe(503);
  expect(await health.json()).toMatchObject({ status: "unhealthy" });
  expect((await server.http("GET", "/health/live")).status).toBe(200);
  trouble.mend();
  expect((await server.http("GET", "/health/ready")).status).toBe(200);
});
