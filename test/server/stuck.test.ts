import { afterEach, beforeEach, expect, test } from "bun:test";
import { ChatReader } from "../support/chat-reader.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { Random } from "../support/random.ts";
import { encodeFrame, PING } from "../support/raw-frames.ts";
import { endingsOf } from "../support/records.ts";
import { Script } from "../support/script.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { watchConnections } from "../support/watched-connections.ts";

const HEARTBEAT_MS = 30_000;
let clock: FakeClock;
let server: TestServer;
let watched: ReturnType<typeof watchConnections>;
let seen: number;
beforeEach(async () => {
  clock = new FakeClock();
  watched = watchConnections();
  server = await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: String(HEARTBEAT_MS) } });
  seen = 0;
});
afterEach(async () => {
  watched.restore();
  await server.stop();
});

const unsent = () => watched.of("slow")?.unsent() ?? 0;

/** A reader that has stopped reading, for whom the server holds frames, and far less than it may hold. */
async function stopsReading() {
  const script = new Script(new Random(1), ["c"]);
  const slow = await ChatReader.connect(server, "slow", script.said);
  const fast = await ChatReader.connect(server, "fast", script.said);
  for (const reader of [slow, fast]) await reader.join("c");
  slow.peer.pause();
  while (unsent() < 300_000) {
    script.act(fast);
    await fast.until(() => script.isReadBy(fast));
  }
  return { script, slow, fast };
}

/** Both show that they are alive, and a heartbeat passes. */
async function interval(...readers: ChatReader[]): Promise<void> {
  for (let part = 0; part < 2; part++) {
    for (const { peer } of readers) peer.write(encodeFrame("", { opcode: PING }));
    const marker = await server.chat(`marker-${++seen}`);
    await marker.drain();
    marker.close();
    clock.advance(HEARTBEAT_MS / 2);
  }
}

test("who takes nothing of what waits for them in two heartbeats is closed, however alive they seem", async () => {
  const { slow, fast } = await stopsReading();
  await interval(slow, fast);
  expect(endingsOf(server, "slow")).toEqual([]);
  for (let n = 0; n < 3; n++) await interval(slow, fast);
  expect(endingsOf(server, "slow")).toEqual([{ code: 1008, reason: "Backpressure" }]);
  expect(endingsOf(server, "fast")).toEqual([]);
});

test("who reads, if only a little in each heartbeat, gets everything", async () => {
  const { script, slow, fast } = await stopsReading();
  for (let n = 0; n < 4; n++) {
    const before = unsent();
    slow.peer.resume();
    await eventually(() => unsent() < before);
    slow.peer.pause();
    script.act(fast);
    await fast.until(() => script.isReadBy(fast));
    await interval(slow, fast);
    while (unsent() < 300_000) {
      script.act(fast);
      await fast.until(() => script.isReadBy(fast));
    }
  }
  expect(endingsOf(server, "slow")).toEqual([]);
  slow.peer.resume();
  await slow.until(() => script.isReadBy(slow));
  expect(slow.problems).toEqual([]);
});
