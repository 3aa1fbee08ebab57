import { afterEach, expect, test } from "bun:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { ConfigError } from "../../src/config.ts";
import { eventually } from "../support/eventually.ts";
import { hasNats, startNats } from "../support/nats.ts";
import { stopAfterAll } from "../support/server.ts";
import { type Follower, follow, logConfig } from "./follower.ts";

// What the servers and their client library do that a node must be ready for, one test each.
const nats = stopAfterAll(
  hasNats
    ? await startNats({
        // One who may read and append, and may make no consumer: as while its leader is being elected.
        config: `authorization { users: [
          { user: all, password: all }
          { user: few, password: few, permissions: { publish: { deny: ["$JS.API.CONSUMER.>"] } } }
        ] }`,
      })
    : { url: "", kill: async () => {}, restart: async () => {}, stop: async () => {} },
);
const as = (user: string) => ({ ...nats, url: nats.url.replace("//", `//${user}:${user}@`) }) as never;
const configOf = (cluster: string, user = "all") => logConfig(as(user), cluster);

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});
async function started(config: Parameters<typeof follow>[0], from = 0): Promise<Follower> {
  const follower = await follow(config, from);
  running.push(follower);
  await follower.start();
  return follower;
}
async function admin() {
  const connection = await connect({ servers: nats.url, user: "all", pass: "all" });
  running.push({ stop: () => connection.close() });
  return jetstreamManager(connection);
}
async function say(follower: Follower, ...texts: string[]): Promise<void> {
  for (const text of texts) {
    follower.append(text);
    await eventually(() => follower.applied.includes(text));
  }
}
const ofNats = test.skipIf(!hasNats);

ofNats("1, 2, 6: a server that dies holds up neither what is read nor what is appended", async () => {
  const [a, b] = [await started(configOf("t1")), await started(configOf("t1"))];
  await say(a, "one");
  await eventually(() => b.applied.includes("one"));
  const made = b.log.counts.consumersMade;
  await nats.kill();
  // Sent to nobody; it is not failed when the connection is lost.
  a.append("two");
  await nats.restart();
  await eventually(() => b.applied.includes("two"));
  await eventually(() => b.log.counts.consumersMade > made);
  await say(a, "three");
  await eventually(() => b.applied.length > 3);
  expect(b.applied.slice(1)).toEqual(["one", "two", "three"]);
  expect(a.applied).toEqual(b.applied);
});

ofNats("3: a database beyond the end of the log does not start", async () => {
  await say(await started(configOf("t3")), "one");
  const ahead = started(configOf("t3"), 7);
  expect(ahead).rejects.toThrow("the database is at position 7, and the log switchboard-t3 ends at 1");
  expect(ahead).rejects.toBeInstanceOf(ConfigError);
  await ahead.catch(() => {});
});

ofNats("3: a database from before the beginning of the log does not start", async () => {
  await say(await started(configOf("t3b")), "one", "two", "three");
  await (await admin()).streams.purge("switchboard-t3b", { seq: 3 });
  const behind = started(configOf("t3b"), 1);
  expect(behind).rejects.toThrow("the database is at position 1, and the log switchboard-t3b begins at 3");
  await behind.catch(() => {});
  // One that has applied everything before it does.
  expect((await started(configOf("t3b"), 2)).applied.slice(3)).toEqual(["three"]);
});

ofNats("3: a node that falls behind the beginning of the log is not ready, and says what to do", async () => {
  const writer = await started(configOf("t3c"));
  const behind = await started(configOf("t3c"));
  behind.canCommit = false;
  await say(writer, "one", "two", "three");
  await eventually(() => behind.tries > 0);
  await (await admin()).streams.purge("switchboard-t3c", { seq: 3 });
  await eventually(() => behind.log.health.whyNotReady()?.startsWith("the log begins at 3") ?? false);
  expect(behind.log.health.isIsolated).toBe(true);
});

ofNats("5, 7: without a consumer, what other nodes append is read directly", async () => {
  const [a, b] = [await started(configOf("t5")), await started(configOf("t5", "few"))];
  const texts = Array.from({ length: 20 }, (_, n) => `${n}`);
  await say(a, ...texts);
  await say(b, "own");
  await eventually(() => b.applied.length === 22);
  expect(b.applied.slice(1)).toEqual([...texts, "own"]);
  expect(b.log.counts).toMatchObject({ consumersMade: 0, swept: 21 });
});

ofNats("a consumer that works is kept, and brings what is appended", async () => {
  const [a, b] = [await started(configOf("t0")), await started(configOf("t0"))];
  await say(a, ...Array.from({ length: 40 }, (_, n) => `${n}`));
  await eventually(() => b.applied.length === 41);
  expect(b.log.counts.consumersMade).toBeLessThan(5);
  expect(b.log.counts.swept).toBeLessThan(20);
});

ofNats("a node that catches up asks for less than a server keeps for a slow client", async () => {
  const config = { ...configOf("t12"), LOG_MAX_BYTES: 268_435_456 };
  const a = await started(config);
  const large = "x".repeat(3_000_000);
  for (let n = 1; n <= 24; n++) {
    a.append(`large ${n}`, large);
    await eventually(() => a.log.counts.position === n);
  }
  const connection = await connect({ servers: nats.url, user: "all", pass: "all" });
  running.push({ stop: () => connection.close() });
  const [fetched, swept]: [number[], number[]] = [[], []];
  connection.subscribe("$JS.API.CONSUMER.MSG.NEXT.switchboard-t12.>", {
    callback: (_, message) => void fetched.push(message.json<{ batch: number }>().batch * large.length),
  });
  connection.subscribe("$JS.API.DIRECT.GET.switchboard-t12", {
    callback: (_, message) => void swept.push(message.json<{ max_bytes: number }>().max_bytes),
  });
  await connection.flush();
  await a.stop();
  running.splice(running.indexOf(a), 1);
  const b = await started(config);
  await eventually(() => b.log.counts.position === 24 && fetched.length > 0 && swept.length > 0);
  // The servers close a connection for which 64 MiB wait. The last batch that is read directly may be beyond its limit.
  expect(Math.max(...fetched) + Math.max(...swept) + 8 * 1_048_576).toBeLessThan(64 * 1_048_576);
});

ofNats("7: a consumer that is gone is made again", async () => {
  const [a, b] = [await started(configOf("t7")), await started(configOf("t7"))];
  await eventually(() => b.log.counts.consumersMade > 0 && a.log.counts.consumersMade > 0);
  const manager = await admin();
  for await (const { name } of manager.consumers.list("switchboard-t7"))
    await manager.consumers.delete("switchboard-t7", name);
  await say(a, "one");
  await eventually(() => b.applied.includes("one"));
  await eventually(() => b.log.counts.consumersMade > 1);
});

ofNats(
  "10: a full log refuses as busy, for certain, and takes messages again when there is room",
  async () => {
    const a = await started({ ...configOf("t10"), LOG_MAX_BYTES: 1_048_576 });
    const large = "x".repeat(300_000);
    for (let n = 0; a.refusals.length === 0; n++) {
      a.append(`large ${n}`, large);
      await eventually(() => a.log.counts.position > n || a.refusals.length > 0);
    }
    expect(a.refusals).toMatchObject([
      [`large ${a.log.counts.position}`, { reason: "busy", retryAfter: 1_000 }],
    ]);
    await (await admin()).streams.purge("switchboard-t10");
    await say(a, "small");
    expect(a.log.counts.refused).toBe(1);
  },
);
