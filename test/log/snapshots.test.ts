import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { openLog } from "../../src/log/jetstream.ts";
import { SnapshotKeeper } from "../../src/log/snapshot-keeper.ts";
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
      ...{ maxBytes: 1, size: () => 0, note: () => {} },
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
