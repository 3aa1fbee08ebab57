import { expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { batch, chatUpdate, error, message, typing } from "./frames.ts";

const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "3600000" } }));

/** Ada as usual, and Bob, who takes his frames in batches. */
async function adaAndBob(chatId: string): Promise<[TestClient, TestClient]> {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob", { query: "&batch=1" })];
  await ada.join(chatId);
  await bob.join(chatId);
  return [ada, bob];
}

async function say(client: TestClient, chatId: string, contents: readonly string[]): Promise<void> {
  for (const content of contents) client.say("message", { chatId, content });
  await client.drain();
}

test("frames of the chat wait for the interval to end, then come together and in order", async () => {
  const [ada, bob] = await adaAndBob("together");
  ada.say("typing", { chatId: "together", userId: "ada", isTyping: true });
  await say(ada, "together", ["1", "2"]);
  clock.advance(99);
  expect(await bob.drain()).toEqual([]);
  clock.advance(1);
  expect(await bob.drain()).toEqual([
    batch([
      typing("together", "ada", true),
      message("together", "ada", "1"),
      message("together", "ada", "2"),
    ]),
  ]);
  clock.advance(1_000);
  expect(await bob.drain()).toEqual([]);
});

test("what comes in a batch is what the others get one by one", async () => {
  const [ada, bob] = await adaAndBob("same");
  const eve = await server.chat("eve");
  await eve.join("same");
  await say(ada, "same", ["1", "2", "3"]);
  clock.advance(100);
  const singles = await eve.drain();
  expect(singles).toHaveLength(3);
  expect((await bob.next("batch"))["data"].messages).toEqual(singles);
});

test("there is at most one batch an interval, and nothing gets lost between two", async () => {
  const [ada, bob] = await adaAndBob("paced");
  for (let n = 0; n < 40; n++) {
    await say(ada, "paced", [String(n)]);
    clock.advance(25);
  }
  clock.advance(100);
  const batches = await bob.drain();
  expect(batches.length).toBeGreaterThan(5);
  const times = batches.map((frame) => frame["timestamp"]);
  for (const [n, time] of times.entries()) if (n > 0) expect(time - times[n - 1]).toBeGreaterThanOrEqual(100);
  const contents = batches.flatMap((frame) => frame["data"].messages).map((one) => one.data.message.content);
  expect(contents).toEqual(Array.from({ length: 40 }, (_, n) => String(n)));
});

test("what is for the connection alone does not wait", async () => {
  const [, bob] = await adaAndBob("alone");
  bob.send("not JSON");
  expect(await bob.next()).toEqual(error(400, "Invalid JSON"));
  bob.say("ping", { timestamp: 1 });
  expect((await bob.next())["type"]).toBe("pong");
});

test("one's own message comes back in a batch too", async () => {
  const [, bob] = await adaAndBob("own");
  bob.say("message", { chatId: "own", content: "Hello", messageId: "temp-1" });
  expect(await bob.drain()).toEqual([]);
  clock.advance(100);
  expect(await bob.drain()).toEqual([batch([message("own", "bob", "Hello", { messageId: "temp-1" })])]);
});

test("who leaves has got everything from before, and nothing from after", async () => {
  const [ada, bob] = await adaAndBob("left");
  await say(ada, "left", ["before"]);
  bob.say("chat_update", { action: "leave", chatId: "left" });
  expect(await bob.drain()).toEqual([batch([message("left", "ada", "before")])]);
  await say(ada, "left", ["after"]);
  clock.advance(100);
  expect((await bob.drain()).filter((frame) => frame["type"] === "batch")).toEqual([]);
});

test("what waits comes before the history of a second join, and not again after it", async () => {
  const [ada, bob] = await adaAndBob("again");
  await say(ada, "again", ["1", "2"]);
  bob.say("chat_update", { action: "join", chatId: "again" });
  const messages = batch([message("again", "ada", "1"), message("again", "ada", "2")]);
  expect(await bob.drain()).toEqual([
    messages,
    chatUpdate("again", { title: "again", messageCount: 2, lastMessage: "2" }),
    messages,
  ]);
  clock.advance(100);
  expect(await bob.drain()).toEqual([]);
});

test("frames of several chats share a batch", async () => {
  const [ada, bob] = await adaAndBob("first");
  await bob.join("second");
  await say(ada, "first", ["1"]);
  await say(ada, "second", ["2"]);
  clock.advance(100);
  expect(await bob.drain()).toEqual([batch([message("first", "ada", "1"), message("second", "ada", "2")])]);
});

test("only ?batch=1 asks for batches", async () => {
  for (const query of ["&batch=0", "&batch=", "&batch=true", ""]) {
    const client = await server.chat("plain", { query });
    await client.join(`plain${query.length}`);
    await say(client, `plain${query.length}`, ["1"]);
    expect(client.frames.filter((frame) => frame["type"] === "message")).toHaveLength(1);
  }
});

test("the interval is BATCH_INTERVAL_MS", async () => {
  const slower = await startTestServer({ clock, env: { BATCH_INTERVAL_MS: "700" } });
  const bob = await slower.chat("bob", { query: "&batch=1" });
  await bob.join("slow");
  await say(bob, "slow", ["Hello"]);
  clock.advance(699);
  expect(await bob.drain()).toEqual([]);
  clock.advance(1);
  expect(await bob.drain()).toHaveLength(1);
  await slower.stop();
});

test("at a shutdown what waits is sent before the connection closes", async () => {
  const stopping = await startTestServer({ clock });
  const bob = await stopping.chat("bob", { query: "&batch=1" });
  await bob.join("last");
  await say(bob, "last", ["last words"]);
  await stopping.shutdown();
  expect((await bob.closed).code).toBe(1012);
  expect(await bob.next("batch")).toEqual(batch([message("last", "bob", "last words")]));
  await stopping.stop();
});
