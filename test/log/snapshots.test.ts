import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { systemClock } from "../../src/core/ports/clock.ts";
import { openLog } from "../../src/log/jetstream.ts";
import { SnapshotKeeper } from "../../src/log/snapshot-keeper.ts";
import { Snapshots } from "../../src/log/snapshots.ts";
import { backUpApart } from "../../src/storage/backup-apart.ts";
import { databaseOf } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { startTestServer, stopAfterAll, type TestServer } from "../support/server.ts";
import { logConfig } from "./follower.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const startNode = async (name: string) =>
  stopAfterAll(await startTestServer({ env: clusterEnv(nats!, name) }));

const say = async (server: TestServer, text: string) => {
  const client = await server.chat("ada");
  await client.join("c1");
  client.say("message", { chatId: "c1", content: text });
  await client.next("message");
  client.close();
};
const texts = async (server: TestServer) => {
  const { messages } = (await (await server.http("GET", "/v1/rooms/chat:c1/messages")).json()) as {
    messages: { data: { message: { content: string } } }[];
  };
  return JSON.stringify(messages);
};

test.skipIf(!nats)(
  "an empty node begins with a snapshot when the log does not go back to its beginning",
  async () => {
    const a = await startNode("a");
    const directory = temporaryDirectory();
    const log = await openLog(logConfig(nats!, "switchboard"), () => {});
    let made = 0;
    let appliedByAll = Number.POSITIVE_INFINITY;
    const keeper = new SnapshotKeeper({
      snapshots: () => log.snapshots(),
      ...{ clock: systemClock, maxBytes: () => 1_073_741_824, size: () => 0, note: () => {} },
      copy: () => backUpApart(databaseOf(a.directory), join(directory, `${made++}.db`)),
      appliedByAll: () => appliedByAll,
      purge: (upTo) => log.stream.purge(upTo),
    });
    await a.http("PUT", "/v1/webhooks/one", { url: `http://127.0.0.1:${a.port}/health/live` });
    await say(a, "first");
    const [first] = await keeper.make();
    expect(await log.stream.describe()).toMatchObject({ first: 1 });
    await say(a, "second");
    await keeper.make();
    await say(a, "third");
    // What is in the older snapshot is gone from the log, and no more than that.
    expect(await log.stream.describe()).toMatchObject({ first: first!.position + 1 });

    const b = await startNode("b");
    const whole = await texts(b);
    for (const text of ["first", "second", "third"]) expect(whole).toContain(text);
    expect(whole).toBe(await texts(a));
    // Who is sent the feed is a's own.
    using database = new Database(databaseOf(b.directory), { readonly: true });
    expect(database.query("select count(*) as count from webhooks").get()).toEqual({ count: 0 });
    await say(b, "fourth");
    // A node that is alive has not applied more than this.
    appliedByAll = first!.position + 1;
    expect((await keeper.make()).length).toBe(2);
    expect(await log.stream.describe()).toMatchObject({ first: appliedByAll + 1 });
    await log.stop();
  },
);

test.skipIf(!nats)("a log that has become full before its first snapshot is purged up to it", async () => {
  const a = await startNode("full");
  const directory = temporaryDirectory();
  const log = await openLog(logConfig(nats!, "switchboard"), () => {});
  const keeper = new SnapshotKeeper({
    snapshots: () => Snapshots.open(log.connection, logConfig(nats!, "full"), "a log of its own"),
    ...{ clock: systemClock, maxBytes: () => 100, size: () => 100, note: () => {} },
    copy: () => backUpApart(databaseOf(a.directory), join(directory, "full.db")),
    appliedByAll: () => Number.POSITIVE_INFINITY,
    purge: (upTo) => log.stream.purge(upTo),
  });
  await say(a, "the last for which there is room");
  const { first } = await log.stream.describe();
  const [only, ...others] = await keeper.make();
  expect(others).toEqual([]);
  expect(only!.position).toBeGreaterThan(first);
  expect(await log.stream.describe()).toMatchObject({ first: only!.position + 1 });
  await log.stop();
});

test.skipIf(!nats)("what a node has left that died while it wrote a snapshot is removed", async () => {
  const log = await openLog(logConfig(nats!, "switchboard"), () => {});
  const config = logConfig(nats!, "abandoned");
  const file = join(temporaryDirectory(), "copy");
  await Bun.write(file, "a database");
  const snapshots = await Snapshots.open(log.connection, config, "log", 0);
  await snapshots.save(file, 1);
  const left = jetstream(log.connection);
  await left.publish("$O.snapshots-abandoned.C.of-nobody", "half a database");
  const manager = await jetstreamManager(log.connection);
  const parts = async () => {
    const all = { subjects_filter: "$O.snapshots-abandoned.C.>" };
    return Object.keys((await manager.streams.info("OBJ_snapshots-abandoned", all)).state.subjects ?? {});
  };
  expect(await parts()).toHaveLength(2);
  // Another may still be writing it.
  await (await Snapshots.open(log.connection, config, "log")).save(file, 2);
  expect(await parts()).toHaveLength(3);
  await snapshots.save(file, 3);
  const kept = await parts();
  expect(kept).toHaveLength(2);
  // Of a position that is there already nothing is written again.
  await snapshots.save(file, 3);
  expect(await parts()).toEqual(kept);
  expect((await snapshots.all()).map(({ position }) => position)).toEqual([3, 2]);
  await log.stop();
});

test.skipIf(!hasNats)("a snapshot is read without a consumer, which could be lost unnoticed", async () => {
  const guarded = await startNats({
    config: `authorization { users: [
      { user: all, password: all }
      { user: few, password: few, permissions: { publish: { deny: ["$JS.API.CONSUMER.>"] } } }
    ] }`,
  });
  const as = (user: string) => ({ ...guarded, url: guarded.url.replace("//", `//${user}:${user}@`) });
  const open = async (user: string) => {
    const config = logConfig(as(user), "lost");
    const log = await openLog(config, () => {});
    return { log, snapshots: await Snapshots.open(log.connection, config, "log") };
  };
  const writer = await open("all");
  const directory = temporaryDirectory();
  const [file, copy] = [join(directory, "one.db"), join(directory, "copy.db")];
  const content = crypto.getRandomValues(new Uint8Array(60_000));
  await Bun.write(file, [content, content, content, content, content]);
  await writer.snapshots.save(file, 3);
  const reader = await open("few");
  expect((await reader.snapshots.all()).map(({ position }) => position)).toEqual([3]);
  expect(await reader.snapshots.restore(copy)).toMatchObject({ position: 3, bytes: 300_000 });
  expect(await Bun.file(copy).bytes()).toEqual(await Bun.file(file).bytes());
  // A part that is lost is no part of a database.
  const manager = await jetstreamManager(writer.log.connection);
  await manager.streams.deleteMessage("OBJ_snapshots-lost", 2);
  await expect(reader.snapshots.restore(join(directory, "broken.db"))).rejects.toThrow("missing");
  await reader.log.stop();
  await writer.log.stop();
  await guarded.stop();
});

test.skipIf(!nats)(
  "a node that starts removes the copies of its database that an earlier process left",
  async () => {
    const directory = temporaryDirectory();
    const names = ["snapshot", "4711.partial", "of-somebody"].map((end) => `${databaseOf(directory)}.${end}`);
    for (const name of names) await Bun.write(name, "half a database");
    stopAfterAll(
      await startTestServer({ directory, env: { ...clusterEnv(nats!, "left"), CLUSTER: "left" } }),
    );
    expect(await Promise.all(names.map((name) => Bun.file(name).exists()))).toEqual([false, false, true]);
  },
);
