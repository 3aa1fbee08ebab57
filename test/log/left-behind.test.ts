import { expect, test } from "bun:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { temporaryDirectory } from "../support/directory.ts";
import { eventually } from "../support/eventually.ts";
import { failWrites } from "../support/failing-writes.ts";
import { clusterEnv, hasNats, startNats } from "../support/nats.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestServer, stopAfterAll, type TestServer } from "../support/server.ts";
import { say } from "./say.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;
const startNode = async (name: string, env = {}, directory?: string) =>
  stopAfterAll(
    await startTestServer({ env: { ...clusterEnv(nats!, name), ...env }, ...(directory && { directory }) }),
  );
const receiver = stopAfterAll(startReceiver());

/** Which node holds each lease. */
async function holders(server: TestServer) {
  const { nodes } = (await (await server.http("GET", "/v1/cluster")).json()) as {
    nodes: { name: string; leases: string[] }[];
  };
  return Object.fromEntries(nodes.flatMap(({ name, leases }) => leases.map((lease) => [lease, name])));
}

test.skipIf(!nats)(
  "a node that the log has left behind gives back the work that it does for all, and others go on with it",
  async () => {
    const behind = await startNode("behind");
    await eventually(async () =>
      Bun.deepEquals(await holders(behind), { snapshots: "behind", webhooks: "behind" }),
    );
    const a = await startNode("a");
    expect((await a.http("PUT", "/v1/webhooks/one", { url: receiver.url, kinds: ["message"] })).status).toBe(
      200,
    );
    using _ = failWrites(behind, "events");
    await say(a, "1", "2");
    const network = await connect({ servers: nats!.url });
    const { streams } = await jetstreamManager(network);
    await streams.purge("switchboard-switchboard");
    await network.close();
    await eventually(async () =>
      (await (await behind.http("GET", "/health/ready")).text()).includes("the log begins at"),
    );
    await eventually(async () => Bun.deepEquals(await holders(a), { snapshots: "a", webhooks: "a" }));
    await say(a, "3");
    const texts: string[] = [];
    while (texts.at(-1) !== "3")
      for (const { data } of (await receiver.next()).events)
        texts.push(data.message?.content ?? data.content);
    expect(texts).toEqual(["1", "2", "3"]);
    expect((await behind.http("GET", "/v1/webhooks/one")).status).toBe(200);
    // It cannot know that a position of another node is none.
    const { next } = (await (await a.http("GET", "/v1/feed")).json()) as { next: string };
    const asked = await behind.http("GET", `/v1/feed?after=${next}`);
    expect([asked.status, asked.headers.has("retry-after")]).toEqual([503, true]);
    expect(behind.lines.filter((line) => line.includes("the log begins at"))).toHaveLength(1);
  },
);

test.skipIf(!nats)(
  "a node without a database that finds no snapshot of what the log has no more leaves no database, and starts once there is one",
  async () => {
    const env = { CLUSTER: "purged" };
    const directory = temporaryDirectory();
    const a = await startNode("a", env);
    const hasCopied = ({ lines }: TestServer) => lines.some((line) => line.includes("a snapshot was made"));
    await eventually(() => hasCopied(a));
    await say(a, "kept");
    const network = await connect({ servers: nats!.url });
    const { streams } = await jetstreamManager(network);
    await streams.purge("switchboard-purged");
    const refused = /the log begins at \d+, and no snapshot/;
    // There is one that is too old, as when the log was purged while it was read; then there is none.
    await expect(startNode("b", env, directory)).rejects.toThrow(refused);
    await streams.delete("OBJ_snapshots-purged");
    await network.close();
    await expect(startNode("b", env, directory)).rejects.toThrow(refused);
    // The holder of the lease makes one when it starts.
    const again = stopAfterAll(await a.restart());
    await eventually(() => hasCopied(again));
    const b = await startNode("b", env, directory);
    expect(await (await b.http("GET", "/v1/rooms/chat:c1/messages")).text()).toContain("kept");
  },
);
