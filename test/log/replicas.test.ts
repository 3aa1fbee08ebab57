import { expect, test } from "bun:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { describeLog } from "../../src/log/describe.ts";
import { openLog } from "../../src/log/jetstream.ts";
import { LogServers } from "../../src/verify/cluster/log-servers.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { hasNats } from "../support/nats.ts";
import { stopAfterAll } from "../support/server.ts";
import { logConfig } from "./follower.ts";

const servers = hasNats ? await LogServers.start(temporaryDirectory()) : undefined;
if (servers) stopAfterAll({ stop: async () => servers.killAll() });

test.skipIf(!servers)(
  "when a log is to have more replicas, so is what is kept beside it: checkconfig names what has fewer",
  async () => {
    const at = { url: `nats://127.0.0.1:${servers!.ports[0]}` } as never;
    const log = await openLog(logConfig(at, "c", { LOG_REPLICAS: 1 }), () => {}, undefined, 30_000);
    await log.snapshots();
    await log.rows("webhooks", () => {}).load();
    const wanted = logConfig(at, "c", { LOG_REPLICAS: 3 });
    const described = () => describeLog(wanted);
    const edit = (stream: string) => `\`nats stream edit ${stream} --replicas 3\` adds them`;
    await expect(described()).rejects.toThrow(
      `the stream switchboard-c has 1 of 3 replicas: ${edit("switchboard-c")}, or set LOG_REPLICAS lower`,
    );
    const { streams } = await jetstreamManager(log.connection);
    for (const stream of ["switchboard-c", "OBJ_snapshots-c"])
      await streams.update(stream, { num_replicas: 3 });
    const lines = await described();
    expect(lines.slice(1)).toEqual([`KV_webhooks-c has 1 of 3 replicas: ${edit("KV_webhooks-c")}`]);
    await streams.update("KV_webhooks-c", { num_replicas: 3 });
    expect(await described()).toHaveLength(1);
    await log.stop();
  },
  60_000,
);
