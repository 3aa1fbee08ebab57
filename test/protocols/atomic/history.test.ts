import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseTime } from "../../../src/core/protocol/time.ts";
import type { Frame, TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { expectProblem } from "../../support/problem.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { CHAT, contents, drain, enter, error, history, post, say } from "./clients.ts";

const clock = new FakeClock(Date.UTC(2024, 0, 1));
const env = { HEARTBEAT_INTERVAL_MS: "86400000", MAX_BUFFERED_BYTES: "400000" };
const server = stopAfterAll(await startTestServer({ clock, env }));
let contexts = 0;
let contextId: string;

async function inFreshContext(): Promise<TestClient> {
  contextId = `c-${++contexts}`;
  return enter(server, CHAT, "ada", { contextId });
}

/** A backend says these, all in one millisecond. */
async function tell(...texts: string[]): Promise<void> {
  const event = (content: string) => ({
    room: `context:${contextId}`,
    type: "message",
    data: { content, author: "School" },
  });
  if (texts.length > 0) expect((await post(server, texts.map(event))).status).toBe(200);
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `${from + index}`);
const texts = ({ messages }: Frame): string[] => messages.map(({ content }: Frame) => content);

test("an empty context has an empty history", async () => {
  const ada = await inFreshContext();
  expect(await history(ada)).toEqual({ messages: [], hasMore: false });
  expect(await history(ada, { before: "2024-01-01T00:00:00Z" })).toEqual({ messages: [], hasMore: false });
});

test("the last 50 come unless more are asked for, oldest first, and whether there are more", async () => {
  const ada = await inFreshContext();
  await tell(...numbers(1, 50));
  expect(await history(ada)).toMatchObject({ hasMore: false });
  await tell("51");
  const page = await history(ada);
  expect(texts(page)).toEqual(numbers(2, 51));
  expect(page["hasMore"]).toBe(true);
  expect(texts(await history(ada, { limit: 100 }))).toEqual(numbers(1, 51));
  expect(texts(await history(ada, { limit: 1 }))).toEqual(["51"]);
});

test("no backend's message takes the id of a message that somebody wrote in the context", async () => {
  const ada = await inFreshContext();
  say(ada, "mine");
  const { id } = (await ada.next("message"))["data"];
  const data = { id, content: "theirs", author: "School" };
  const posted = { room: `context:${contextId}`, type: "message", data };
  await expectProblem(await post(server, posted), 400, ["data.id"]);
  expect(texts(await history(ada))).toEqual(["mine"]);
});

test("a limit must be 1 to 100, and a point the time or the id of a message of this context", async () => {
  const ada = await inFreshContext();
  say(ada, "elsewhere");
  const { data: elsewhere } = await ada.next("message");
  const bob = await inFreshContext();
  await tell("here");
  await drain(bob);
  for (const limit of [0, 101, -1, 1.5, "10", null]) {
    bob.send({ type: "history", data: { limit } });
    expect(await bob.next()).toEqual(error(expect.stringMatching(/^limit: /)));
  }
  for (const before of [elsewhere.id, "msg-x-1", "yesterday", "", "2024-13-01T00:00:00Z"]) {
    bob.send({ type: "history", data: { before } });
    expect(await bob.next()).toEqual(error("before: must be the time or the id of a message"));
  }
  bob.send({ type: "history", data: { before: 7 } });
  expect(await bob.next()).toEqual(error(expect.stringMatching(/^before: /)));
});

test("a time may be in any zone, or of the future", async () => {
  const ada = await inFreshContext();
  const noon = clock.now();
  await tell("one");
  clock.advance(60_000);
  await tell("two");
  const inTokyo = new Date(noon + 60_000 + 9 * 3_600_000).toISOString().replace("Z", "+09:00");
  expect(texts(await history(ada, { before: inTokyo }))).toEqual(["one"]);
  expect(texts(await history(ada, { before: "2099-01-01T00:00:00Z" }))).toEqual(["one", "two"]);
});

test("no two messages of a context have the same time, and times never run backwards", async () => {
  const ada = await inFreshContext();
  await tell(...numbers(1, 20));
  clock.jump(-5_000);
  await tell(...numbers(21, 30));
  clock.jump(10_000);
  await tell("31");
  const { messages } = await history(ada);
  const times = messages.map(({ timestamp }: Frame) => timestamp);
  const inOrder = [...new Set<string>(times)].sort((a, b) => parseTime(a)! - parseTime(b)!);
  expect(times).toEqual(inOrder);
  expect(times.at(-1)).toBe(new Date(clock.now()).toISOString());
  const room = `/v1/rooms/context:${contextId}/messages`;
  const response = await server.http("GET", `${room}?limit=10&before=${times[10]}`);
  expect(texts((await response.json()) as Frame)).toEqual(numbers(1, 10));
});

test("what was said before it in the same breath is in it, and what is said after it comes later", async () => {
  const ada = await inFreshContext();
  for (const text of numbers(1, 3)) say(ada, text);
  ada.send({ type: "history", data: {} });
  for (const text of numbers(4, 5)) say(ada, text);
  const frames = await drain(ada);
  const at = frames.findIndex(({ type }) => type === "history");
  expect(contents(frames.slice(0, at))).toEqual(numbers(1, 3));
  expect(texts(frames[at]!["data"])).toEqual(numbers(1, 3));
  expect(contents(frames.slice(at))).toEqual(numbers(4, 5));
});

test("a page that would be too big for a frame is shorter, and says that there are more", async () => {
  const ada = await inFreshContext();
  const long = (text: string) => text.padEnd(10_000, "\u4e00");
  await tell(...numbers(1, 30).map(long));
  const found: string[] = [];
  for (let page = await history(ada, { limit: 100 }); ; ) {
    expect(page["messages"].length).toBeGreaterThan(0);
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(300_000);
    found.unshift(...texts(page));
    if (!page["hasMore"]) break;
    page = await history(ada, { limit: 100, before: page["messages"][0].id });
  }
  expect(found).toEqual(numbers(1, 30).map(long));
});

test("a message too big for a page is one by itself", async () => {
  const small = await startTestServer({ env: { MAX_BUFFERED_BYTES: "16384" } });
  try {
    const ada = await enter(small, CHAT, "ada");
    for (const text of ["first", "second"]) {
      say(ada, text.padEnd(5_000, "\u4e00"));
      await ada.next("message");
    }
    const last = await history(ada);
    expect([texts(last)[0]?.slice(0, 6), last["messages"].length, last["hasMore"]]).toEqual([
      "second",
      1,
      true,
    ]);
    const first = await history(ada, { before: last["messages"][0].id });
    expect([texts(first)[0]?.slice(0, 5), first["hasMore"]]).toEqual(["first", false]);
  } finally {
    await small.stop();
  }
});

test("paging by time or by id finds every message once, with pages of any size and new messages meanwhile", async () => {
  const step = fc.record({
    limit: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 7 })),
    by: fc.constantFrom("timestamp", "id"),
    /** Said in one millisecond, so long after what was said before, while this page is read. */
    meanwhile: fc.nat(3),
    pause: fc.constantFrom(0, 0, 1, 40, -30),
  });
  const property = fc.asyncProperty(
    fc.array(fc.record({ many: fc.nat(6), pause: fc.constantFrom(0, 1, 25, -10) }), { maxLength: 6 }),
    fc.array(step, { minLength: 1, maxLength: 4 }),
    async (lots, steps) => {
      const reader = await inFreshContext();
      const said: string[] = [];
      const speak = async (many: number, pause: number) => {
        clock.jump(pause);
        const lot = numbers(said.length + 1, said.length + many);
        said.push(...lot);
        await tell(...lot);
      };
      for (const { many, pause } of lots) await speak(many, pause);
      const before = [...said];

      const found: string[] = [];
      for (let n = 0, oldest: Frame | undefined, hasMore = true; hasMore; n++) {
        const { limit, by, meanwhile, pause } = steps[n % steps.length]!;
        const page = await history(reader, { limit, ...(oldest && { before: oldest[by] }) });
        expect(page["messages"].length).toBeLessThanOrEqual(limit);
        found.unshift(...texts(page));
        oldest = page["messages"][0];
        hasMore = page["hasMore"];
        expect(hasMore).toBe(found.length < before.length);
        await speak(meanwhile, pause);
      }
      expect(found).toEqual(before);
      // And live, what came after the first page.
      expect(contents(await drain(reader).then(() => reader.frames))).toEqual(said);
      reader.close();
    },
  );
  await fc.assert(property, { numRuns: 40 });
});
