import type { Cluster } from "../cluster/cluster.ts";
import type { Core } from "../core/core.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Webhooks } from "../feed/webhooks.ts";
import type { JetStreamLog } from "../log/jetstream.ts";
import type { Leases } from "../log/leases.ts";
import type { CountedAgent } from "../metrics/agent.ts";
import { createMetrics, type Metrics } from "../metrics/metrics.ts";
import type { Storage } from "../storage/open.ts";
import type { Reporting } from "./reporting.ts";
import type { Status } from "./status.ts";

export interface MetricsWiring {
  readonly clock: Clock;
  readonly reporting: Reporting;
  readonly agent: CountedAgent;
  readonly storage: Storage;
  readonly core: Core;
  readonly webhooks: Webhooks;
  readonly status: Status;
  /** By HTTP status. */
  readonly refusedUpgrades: ReadonlyMap<number, number>;
  /** Where there are several nodes. */
  readonly shared: JetStreamLog | undefined;
  readonly cluster: Cluster | undefined;
  readonly leases: Leases | undefined;
  lostLogLines(): number;
}

/** What each part of the server counts. */
export function openMetrics(wiring: MetricsWiring): Metrics {
  const { clock, reporting, agent, storage, core, webhooks, status } = wiring;
  const { refusedUpgrades, shared, cluster, leases, lostLogLines } = wiring;
  return createMetrics({
    ...{ clock, agent, errors: reporting.errors, refusedUpgrades, lostLogLines },
    ...{ traffic: core.traffic, times: core.times, rooms: core.rooms },
    storeSize: storage.size,
    logId: storage.logId,
    log: () => ({ position: storage.store.position(), hash: storage.store.hash() }),
    webhooks: () => webhooks.all,
    ready: () => status.fault === undefined,
    sharedLog: () => shared && { ...shared.counts, waiting: core.turns.waiting },
    cluster: () =>
      cluster && {
        nodes: cluster.peers.length + 1,
        settingsDiffer: cluster.settingsWarning !== undefined,
        rosterEntries: core.rosters.entries,
        relays: cluster.relays,
        leases: leases?.held ?? [],
      },
  });
}
