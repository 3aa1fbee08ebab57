import { afterAll, beforeAll, expect, test } from "bun:test";
import { hardLimit } from "../src/core/outbound/backpressure.ts";
import { ChatReader } from "./support/chat-reader.ts";
import { eventually } from "./support/eventually.ts";
import { FakeClock } from "./support/fake-clock.ts";
import { Random } from "./support/random.ts";
import { encodeFrame, PING } from "./support/raw-frames.ts";
import { RawSocket } from "./support/raw-socket.ts";
import { endingsOf } from "./support/records.ts";
import { Script } from "./support/script.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { watchConnections } from "./support/watched-connections.ts";

const SOFT_LIMIT = 1_048_576;
const CHATS = ["c1", "c2", "c3"];
/** So many that each chat sees several times what the kernel takes for a peer that does not read (3 to 5 MB). */
const ROUNDS = 120;

let server: TestServer;
let watched: ReturnType<typeof watchConnections>;
beforeAll(async () => {
  watched = watchConnections();
  server = await startTestServer({
    env: { BATCH_INTERVAL_MS: "5", MAX_BUFFERED_BYTES: String(SOFT_LIMIT) },
  });
});
afterAll(async () => {
  await server.stop();
  watched.restore();
});

/** What the server's records say of the end of a user's connection, and what Bun says. */
const endings = (userId: string) =>
  endingsOf(server, userId).map((ending) => ({ ...ending, bun: watched.codeOf(userId) }));
const TOO_SLOW = { code: 1008, reason: "Backpressure", bun: 1008 };

/** One step of a peer that now and then stops reading until so much waits for it, at times too much. */
function readSlowly(random: Random, { userId, peer }: ChatReader): () => void {
  let until: number | undefined;
  return () => {
    if (until === undefined) {
      if (random.chance(0.3)) return;
      peer.pause();
      until = random.chance(0.3) ? 0 : random.next() * SOFT_LIMIT;
    } else if ((watched.of(userId)?.unsent() ?? 0) >= until) {
      peer.resume();
      until = undefined;
    }
  };
}

test("a client that stays connected misses nothing and gets all in order beside slow readers", async () => {
  const random = new Random(Random.seed());
  const script = new Script(random, CHATS);
  const connect = (name: string, count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, at) => {
        const reader = await ChatReader.connect(server, name + at, script.said, at % 2 ? "&batch=1" : "");
        for (const chatId of CHATS) await reader.join(chatId);
        return reader;
      }),
    );
  const fast = await connect("fast", 4);
  const slow = await connect("slow", 6);
  const stalled = await connect("stalled", 4);
  const dead = await connect("dead", 4);
  const late: ChatReader[] = [];

  for (const { peer } of stalled) peer.pause();
  const slowSteps = slow.map((reader) => readSlowly(random, reader));
  for (let round = 0; round < ROUNDS; round++) {
    for (const step of slowSteps) step();
    if (random.chance(8 / ROUNDS)) dead.find((reader) => reader.isOpen)?.peer.destroy();
    if (round === ROUNDS / 2) late.push(...(await connect("late", 2)));
    for (const sender of fast) for (let left = random.whole(0, 32); left > 0; left--) script.act(sender);
    for (const reader of [...fast, ...late]) await reader.until(() => script.isReadBy(reader));
  }
  for (const { userId } of stalled) expect(endings(userId)).toEqual([TOO_SLOW]);
  for (const { peer } of [...slow, ...stalled]) peer.resume();
  for (const reader of [...fast, ...slow, ...late]) await reader.finish(CHATS);
  for (const { peer } of stalled) await peer.ended;

  for (const reader of [...fast, ...slow, ...stalled, ...dead, ...late]) {
    expect(reader.problems).toEqual([]);
    if (reader.isOpen) expect(script.isReadBy(reader)).toBe(true);
  }
  for (const reader of [...fast, ...late]) expect(endings(reader.userId)).toEqual([]);
  for (const reader of slow) expect(endings(reader.userId)).toEqual(reader.isOpen ? [] : [TOO_SLOW]);
  for (const reader of stalled) expect(script.isReadBy(reader)).toBe(false);
  expect(watched.dropped).toBe(0);
  expect(watched.highest).toBeGreaterThan(0);
  expect(watched.highest).toBeLessThan(hardLimit(SOFT_LIMIT, SOFT_LIMIT));
}, 30_000);

test("a slow peer that stays under the limit gets everything", async () => {
  const random = new Random(1);
  const script = new Script(random, ["slow"]);
  const [sender, reader, batched] = await Promise.all(
    ["", "", "&batch=1"].map((query, at) => ChatReader.connect(server, `peer${at}`, script.said, query)),
  );
  if (!sender || !reader || !batched) throw new Error("not connected");
  for (const each of [sender, reader, batched]) await each.join("slow");
  for (const { peer } of [reader, batched]) peer.pause();
  const unsent = ({ userId }: ChatReader): number => watched.of(userId)?.unsent() ?? SOFT_LIMIT;
  while (Math.max(unsent(reader), unsent(batched)) < 0.8 * SOFT_LIMIT) {
    script.act(sender);
    await sender.until(() => script.isReadBy(sender));
  }
  for (const slow of [reader, batched]) {
    expect(script.isReadBy(slow)).toBe(false);
    slow.peer.resume();
    await slow.finish(["slow"]);
    expect(slow.problems).toEqual([]);
    expect(script.isReadBy(slow)).toBe(true);
    expect(endings(slow.userId)).toEqual([]);
  }
});

test("a peer that sends pings without end and reads no answer is closed like any other", async () => {
  // On a clock that stands still no sweep comes by itself.
  const still = await startTestServer({ clock: new FakeClock() });
  try {
    const peer = await RawSocket.upgrade(still.port, `/ws?token=${await still.token("pinging")}`);
    peer.say("ping", {});
    await peer.hear("pong");
    peer.pause();
    const ping = encodeFrame("x".repeat(125), { opcode: PING });
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => ping));
    await eventually(() => {
      peer.write(pings);
      return endingsOf(still, "pinging").length > 0;
    });
    expect(endingsOf(still, "pinging")).toEqual([{ code: 1008, reason: "Backpressure" }]);
    peer.destroy();
  } finally {
    await still.stop();
  }
});
