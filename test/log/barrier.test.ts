import { expect, test } from "bun:test";
import { LogServers } from "../../src/verify/cluster/log-servers.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventually } from "../support/eventually.ts";
import { hasNats } from "../support/nats.ts";
import { stopAfterAll } from "../support/server.ts";
import { type Follower, follow, logConfig } from "./follower.ts";

const servers = hasNats ? await LogServers.start(temporaryDirectory()) : undefined;
if (servers) stopAfterAll({ stop: async () => servers.killAll() });

/** A node that knows one of the servers. */
async function at(port: number): Promise<Follower> {
  const config = logConfig({ url: `nats://127.0.0.1:${port}` } as never, "barrier", { LOG_REPLICAS: 3 });
  const node = await follow(config, 0, undefined, 30_000);
  await node.start();
  return node;
}

test.skipIf(!servers)(
  "a leader that is cut off and says an old end of the log deceives nobody who asks what was confirmed",
  async () => {
    const nodes = await Promise.all(servers!.ports.map(at));
    nodes[0]!.append("one");
    await eventually(() => nodes.every(({ applied }) => applied.includes("one")));
    const leader = Number(/\d+$/.exec((await nodes[0]!.log.stream.servers())!.leader ?? "")?.[0]) - 1;
    const others = [0, 1, 2].filter((index) => index !== leader);
    const [old, next] = [nodes[leader]!, nodes[others[0]!]!];
    for (const other of others) servers!.cut(leader, other, "both");
    next.append("two");
    await eventually(() => next.applied.includes("two"));
    let isPast = false;
    const passed = old.log.barrier().then(() => {
      isPast = true;
    });
    // Its own server answers all the while, until it notices.
    for (let asked = 0; asked < 5 && !isPast; asked++) await old.log.stream.servers();
    expect([isPast, old.applied.includes("two")]).toEqual([false, false]);
    for (const other of others) servers!.heal(leader, other);
    await passed;
    expect(old.applied).toContain("two");
    for (const node of nodes) await node.stop();
  },
  60_000,
);
