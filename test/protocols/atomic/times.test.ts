import { expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { CHAT, drain, enter, history, post, say } from "./clients.ts";

const START = Date.UTC(2026, 0, 1);
const iso = (time: number): string => new Date(time).toISOString();

async function stage() {
  const clock = new FakeClock(START);
  const server = await startTestServer({
    clock,
    env: { HEARTBEAT_INTERVAL_MS: "86400000", MAX_BUFFERED_BYTES: "8000000" },
  });
  return { clock, server };
}

async function flood(server: TestServer, clock: FakeClock, many: number): Promise<void> {
  const event = { room: "context:c-1", type: "message", data: { content: "flood", author: "School" } };
  for (let left = many; left > 0; left -= 1_000) {
    expect((await post(server, Array(Math.min(left, 1_000)).fill(event))).status).toBe(200);
    clock.advance(1);
  }
}

const join = (server: TestServer): Promise<TestClient> => enter(server, CHAT, "ada", { contextId: "c-1" });
const texts = ({ messages }: Frame): string[] => messages.map(({ content }: Frame) => content);

test("after a burst a live message is dated near the clock, and a page before now has it, over a restart too", async () => {
  const { clock, server } = await stage();
  await flood(server, clock, 5_000);
  const ada = await join(server);
  say(ada, "live");
  const { data: live } = await ada.next("message");
  expect(Date.parse(live.timestamp) - START).toBeWithin(0, 1_000);
  clock.advance(1);
  expect(texts(await history(ada, { limit: 1, before: iso(clock.now()) }))).toEqual(["live"]);
  const again = await server.restart();
  const bob = await join(again);
  expect(texts(await history(bob, { limit: 1, before: iso(clock.now()) }))).toEqual(["live"]);
  await again.stop();
});

test("a burst is paged by the times that it shows, and none of it is lost or found twice", async () => {
  const { clock, server } = await stage();
  await flood(server, clock, 1_500);
  const ada = await join(server);
  const found: string[] = [];
  for (let page = await history(ada, { limit: 100 }); ; ) {
    found.unshift(...page["messages"].map(({ id }: Frame) => id));
    if (!page["hasMore"]) break;
    page = await history(ada, { limit: 100, before: page["messages"][0].timestamp });
  }
  expect([found.length, new Set(found).size]).toEqual([1_500, 1_500]);
  await server.stop();
});

test("what was dated ahead by a wrong clock does not hide what is said once the clock is right", async () => {
  const { clock, server } = await stage();
  const ada = await join(server);
  const hear = async (text: string): Promise<Frame> => {
    say(ada, text);
    return (await ada.next("message"))["data"];
  };
  await hear("before");
  clock.set(1_800_000);
  const ahead = await hear("half an hour ahead");
  clock.set(-1_800_000);
  clock.advance(1_000);
  const after = await hear("after");
  expect(Date.parse(after["timestamp"])).toBe(clock.now());
  clock.advance(1_000);
  const all = ["before", "half an hour ahead", "after"];
  expect(texts(await history(ada, { before: iso(clock.now()) }))).toEqual(all);
  expect(texts(await history(ada, { before: after["timestamp"] }))).toEqual(all.slice(0, 2));
  expect(texts(await history(ada, { before: ahead["id"] }))).toEqual(["before"]);
  await drain(ada);
  await server.stop();
});

test("a time is taken as people write it", async () => {
  const { server, clock } = await stage();
  const ada = await join(server);
  say(ada, "one");
  await ada.next("message");
  clock.advance(60_000);
  for (const before of [
    "2026-01-01t00:00:30z",
    "2026-01-01 09:01+09:00",
    "2026-12-31T23:59:60Z",
    "2026-01-01T00:01Z",
  ]) {
    expect(texts(await history(ada, { before }))).toEqual(["one"]);
  }
  await server.stop();
});
