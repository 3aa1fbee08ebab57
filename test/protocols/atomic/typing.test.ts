import { expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { CHAT, drain, enter, error, frame, say, typing } from "./clients.ts";

const clock = new FakeClock();
let contexts = 0;
let contextId: string;
const server = stopAfterAll(await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "86400000" } }));

const shown = (userId: string, isTyping: boolean) => frame("typing", { userId, isTyping });
const join = (userId: string): Promise<TestClient> => enter(server, CHAT, userId, { contextId });

async function adaAndBob(): Promise<[TestClient, TestClient]> {
  contextId = `c-${++contexts}`;
  const both: [TestClient, TestClient] = [await join("ada"), await join("bob")];
  await drain(both[0]);
  return both;
}

/** Lets time pass after what was sent; what it brings is on its way when this resolves. */
async function pass(client: TestClient, ms: number): Promise<void> {
  await drain(client);
  clock.advance(ms);
  await drain(client);
}

test("typing goes to the others, and not back to the one who types", async () => {
  const [ada, bob] = await adaAndBob();
  typing(ada, true);
  typing(ada, true);
  typing(ada, false);
  expect(await drain(ada)).toEqual([]);
  expect(await drain(bob)).toEqual([shown("ada", true), shown("ada", true), shown("ada", false)]);
});

test("who says nothing more for 5 seconds is no longer shown as typing", async () => {
  const [ada, bob] = await adaAndBob();
  typing(ada, true);
  await pass(ada, 4_999);
  expect(await drain(bob)).toEqual([shown("ada", true)]);
  await pass(ada, 1);
  expect(await drain(bob)).toEqual([shown("ada", false)]);
  await pass(ada, 60_000);
  expect(await drain(bob)).toEqual([]);
});

test("who goes on typing stays shown so", async () => {
  const [ada, bob] = await adaAndBob();
  for (let n = 0; n < 4; n++) {
    typing(ada, true);
    await pass(ada, 3_000);
  }
  expect(await drain(bob)).toEqual(Array(4).fill(shown("ada", true)));
  await pass(ada, 2_000);
  expect(await drain(bob)).toEqual([shown("ada", false)]);
});

test("who says only that he does not type is shown so", async () => {
  const [ada, bob] = await adaAndBob();
  typing(ada, false);
  await drain(ada);
  expect(await drain(bob)).toEqual([shown("ada", false)]);
});

test("who has stopped is not shown as stopping once more", async () => {
  const [ada, bob] = await adaAndBob();
  typing(ada, true);
  typing(ada, false);
  await pass(ada, 10_000);
  ada.close();
  expect(await bob.next("user_left")).toBeDefined();
  expect(bob.frames.filter(({ type }) => type === "typing")).toEqual([
    shown("ada", true),
    shown("ada", false),
  ]);
});

test("who disconnects while typing stops before he leaves", async () => {
  const [ada, bob] = await adaAndBob();
  typing(ada, true);
  await drain(ada);
  ada.close();
  expect([await bob.next(), await bob.next(), await bob.next()]).toEqual([
    shown("ada", true),
    shown("ada", false),
    frame("user_left", { userId: "ada", username: "ada" }),
  ]);
  clock.advance(10_000);
  expect(await drain(bob)).toEqual([]);
});

test("a user who types on two devices stops on the one he typed on last", async () => {
  const [laptop, bob] = await adaAndBob();
  const phone = await join("ada");
  typing(laptop, true);
  await drain(laptop);
  typing(phone, true);
  await drain(phone);
  typing(laptop, false);
  await drain(laptop);
  laptop.close();
  await laptop.closed;
  await pass(phone, 4_000);
  expect(await drain(bob)).toEqual([shown("ada", true), shown("ada", true)]);
  await pass(phone, 1_000);
  expect(await drain(bob)).toEqual([shown("ada", false)]);
});

test("who comes later is not shown what was typed before", async () => {
  const [ada] = await adaAndBob();
  typing(ada, true);
  await drain(ada);
  expect(await drain(await join("cyd"))).toEqual([]);
});

test("typing keeps its place among the messages", async () => {
  const [ada, bob] = await adaAndBob();
  typing(ada, true);
  say(ada, "Hello");
  typing(ada, false);
  await drain(ada);
  expect((await drain(bob)).map(({ type, data }) => data.isTyping ?? type)).toEqual([true, "message", false]);
});

test("typing is yes or no", async () => {
  const [ada, bob] = await adaAndBob();
  for (const data of [{}, { isTyping: 1 }, { isTyping: "true" }, { isTyping: null }]) {
    ada.send({ type: "typing", data });
    expect(await ada.next()).toEqual(error(expect.stringMatching(/^isTyping: /)));
  }
  expect(await drain(bob)).toEqual([]);
});
