import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { databaseOf } from "../support/child.ts";
import { eventually } from "../support/eventually.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestServer, stopAfterAll, type TestServer } from "../support/server.ts";
import { say } from "./say.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const startNode = async (name: string) =>
  stopAfterAll(await startTestServer({ env: clusterEnv(nats!, name) }));
const receiver = stopAfterAll(startReceiver());

const webhooks = async (server: TestServer) =>
  ((await (await server.http("GET", "/v1/webhooks")).json()) as { webhooks: Record<string, unknown>[] })
    .webhooks;

/** What the receiver was sent, in order, until this came. */
async function sent(last: string): Promise<string[]> {
  const texts: string[] = [];
  while (texts.at(-1) !== last) {
    for (const { data } of (await receiver.next()).events) texts.push(data.message?.content ?? data.content);
  }
  return texts;
}

test.skipIf(!nats)(
  "of several nodes one sends webhooks, whichever is asked; another goes on where it was when it leaves",
  async () => {
    const a = await startNode("a");
    const b = await startNode("b");
    const one = { url: receiver.url, kinds: ["message"], batch: 2 };
    await eventually(async () => (await b.http("PUT", "/v1/webhooks/one", one)).status === 200);
    expect((await b.http("PUT", "/v1/webhooks/two", { url: "ftp://example.com" })).status).toBe(400);
    expect((await b.http("GET", "/v1/webhooks/none")).status).toBe(404);
    const known = await webhooks(a);
    expect(known).toMatchObject([{ name: "one", batch: 2, status: "ok" }]);
    expect((await webhooks(b)).map(({ name }) => name)).toEqual(["one"]);

    await say(b, "1", "2", "3");
    expect(await sent("3")).toEqual(["1", "2", "3"]);
    await a.shutdown();
    await say(b, "4", "5");
    // A delivery whose answer the node that left did not get may come again.
    expect((await sent("5")).filter((text) => Number(text) > 3)).toEqual(["4", "5"]);
    expect((await b.http("DELETE", "/v1/webhooks/one")).status).toBe(204);

    // A webhook that an earlier version kept on one node.
    const c = await startNode("c");
    using database = new Database(databaseOf(c.directory));
    database
      .query(
        "insert into webhooks (name, url, secrets, filter, batch, paused, created_at, position, ordinal, attempts) values (?, ?, ?, ?, 10, 0, 1, ?, 0, 0)",
      )
      .run("old", receiver.url, "[]", '{"kinds":["message"]}', Number(0));
    const again = stopAfterAll(await c.restart());
    await eventually(async () => (await webhooks(again)).length === 1);
    expect(await sent("5")).toEqual(["1", "2", "3", "4", "5"]);
    await eventually(async () =>
      (await webhooks(b)).some(({ name, status }) => name === "old" && status === "ok"),
    );
  },
);
