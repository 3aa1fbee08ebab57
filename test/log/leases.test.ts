import { expect, test } from "bun:test";
import { connectToLog } from "../../src/log/connection.ts";
import { Leases } from "../../src/log/leases.ts";
import { eventually } from "../support/eventually.ts";
import { hasNats, startNats } from "../support/nats.ts";
import { stopAfterAll } from "../support/server.ts";
import { logConfig } from "./follower.ts";

const nats = hasNats ? stopAfterAll(await startNats()) : undefined;

async function node(name: string) {
  const config = logConfig(nats!, "c", { NODE_NAME: name });
  const connection = await connectToLog(config, 1_000);
  const state = { works: false, mayHold: true };
  const leases = new Leases(connection, config, 2_000, () => state.mayHold);
  const lease = leases.hold("discord", {
    start() {
      state.works = true;
    },
    stop() {
      state.works = false;
    },
  });
  return { connection, lease, leases, state };
}

test.skipIf(!nats)(
  "trap 9: one node holds a lease, renews it, and another takes over when it stops or dies",
  async () => {
    const a = await node("a");
    await eventually(() => a.state.works);
    const b = await node("b");
    // For longer than it lives without that.
    await eventually(() => a.lease.renewals > 3);
    expect([a.state.works, b.state.works]).toEqual([true, false]);
    await a.leases.stop();
    expect(a.state.works).toBe(false);
    await eventually(() => b.state.works);
    const c = await node("c");
    // It gives nothing back.
    await b.connection.close();
    await eventually(() => c.state.works && !b.state.works);
    await c.leases.stop();
    await c.connection.close();
    await a.connection.close();
  },
  30_000,
);

test.skipIf(!nats)(
  "a node that may hold no lease gives back its own, and takes none until it may",
  async () => {
    const [a, b] = [await node("a"), await node("b")];
    await eventually(() => a.state.works || b.state.works);
    const [holder, other] = a.state.works ? [a, b] : [b, a];
    holder.state.mayHold = false;
    await eventually(() => other.state.works);
    expect(holder.state.works).toBe(false);
    other.state.mayHold = false;
    await eventually(() => !other.state.works);
    holder.state.mayHold = true;
    await eventually(() => holder.state.works);
    expect(other.state.works).toBe(false);
    for (const one of [a, b]) {
      await one.leases.stop();
      await one.connection.close();
    }
  },
);
