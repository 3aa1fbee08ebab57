import type { Logger } from "pino";
import { createAgent } from "./agents/choose.ts";
import type { Config } from "./config.ts";
import { type Clock, systemClock } from "./core/ports/clock.ts";
import { Feed } from "./feed/feed.ts";
import { CountedAgent } from "./metrics/agent.ts";
import { collectAfterWaves } from "./server/after-waves.ts";
import { openStorage } from "./storage/open.ts";
import type { Removal } from "./storage/retention.ts";
import { openAuth } from "./switchboard/auth.ts";
import { joinCluster, openOtherNodes, openSharedLog } from "./switchboard/cluster.ts";
import { openCore } from "./switchboard/core.ts";
import { startErasures } from "./switchboard/erasures.ts";
import { openHttp } from "./switchboard/http.ts";
import { createEndpoint, listenOr, openTls, watchListener } from "./switchboard/listen.ts";
import { openMetrics } from "./switchboard/metrics.ts";
import { answersOf, Nodes } from "./switchboard/nodes.ts";
import { createReporting } from "./switchboard/reporting.ts";
import { keepSnapshots } from "./switchboard/snapshots.ts";
import { startSources } from "./switchboard/sources.ts";
import { Status } from "./switchboard/status.ts";
import { sendAwayWhileIsolated, stopServing } from "./switchboard/stop.ts";
import { openWebhooks } from "./switchboard/webhooks.ts";

export interface Switchboard {
  readonly port: number;
  /** Takes no more connections, tells each client, closes with 1012, flushes the store. */
  stop(): Promise<void>;
}

/** Wires all parts, then listens. Throws before it listens if a part cannot start. */
export async function startSwitchboard(
  config: Config,
  log: Logger,
  clock: Clock = systemClock,
  lostLogLines = () => 0,
): Promise<Switchboard> {
  const base = { config, clock, log };
  const reporting = createReporting(log, clock, (error) => core.storeHealth.failed(error));
  const warn = (line: string) => log.warn(line);

  // The certificate, the agent and the keys: a wrong setting stops the start before anything is opened.
  const tls = await openTls(config, clock, warn);
  const agent = new CountedAgent(createAgent(config));
  const auth = await openAuth(config, clock, warn);

  // The log that several nodes share, the database, and the other nodes. One server alone has the database only.
  const shared = await openSharedLog(config, clock, log);
  const leases = shared?.leases();
  const storage = openStorage(config, clock, reporting.report, noteRemoval(log), shared?.stream.found.id);
  const cluster =
    shared && (await openOtherNodes({ ...base, shared, storage, draining: () => status.isDraining }));
  const ofSeveral = { shared, cluster, leases };
  const close = async () => {
    cluster?.stop();
    await shared?.stop();
    await storage.close();
  };

  // The core with its contracts, and what is told of every event.
  const feed = new Feed(storage.eventPages, storage.store.position);
  let wakeErasures = () => {};
  const core = openCore({
    ...{ ...base, ...ofSeveral, reporting, auth, agent, storage, feed },
    server: () => server,
    erasing: () => wakeErasures(),
  });
  const webhooks = openWebhooks({ ...base, ...ofSeveral, reporting, storage, core, feed });

  // What this server says of itself, and its routes.
  const status = new Status({ ...base, ...ofSeveral, core, storage });
  const answers = answersOf(core, storage, () => status.node);
  const nodes = new Nodes(config.NODE_NAME, answers, cluster, shared?.stream);
  const refusedUpgrades = new Map<number, number>();
  const metrics = openMetrics({
    ...{ ...base, ...ofSeveral, reporting, agent, storage, core, status, refusedUpgrades, lostLogLines },
    webhooks: webhooks.webhooks,
  });
  const http = openHttp({
    ...{ ...base, ...ofSeveral, auth, storage, core, feed, webhooks, status, nodes, metrics, reporting },
    ...{ hasTls: tls !== undefined, server: () => server },
  });

  // A node knows what the others know before it listens.
  if (shared && cluster) await joinCluster({ shared, cluster, core, answers, webhooks, close });
  const endpoint = createEndpoint({ ...base, core, http, status, refusedUpgrades, reporting });
  const server = await listenOr(endpoint, tls, close);
  const watch = watchListener(server, endpoint, tls !== undefined, log, reporting);
  core.turns.startDelivery();

  // Work that no client asks for.
  if (shared) sendAwayWhileIsolated(clock, core, status);
  const sources = await startSources(config, clock, log, core, leases);
  if (shared && leases) keepSnapshots(shared, leases, config, () => cluster?.appliedByAll ?? 0);
  const stopCollecting = collectAfterWaves(clock, () => core.traffic.values(), {
    collect: () => Bun.gc(true),
    shrink: () => Bun.shrink(),
  });
  await webhooks.start(http.authorized);
  status.phase = "serving";
  storage.startRetention(core.trim, () => core.rank("core retention"));
  wakeErasures = startErasures(storage, core, nodes);

  let stopped: Promise<void> | undefined;
  return {
    port: server.port,
    stop() {
      stopped ??= stopServing({
        ...{ config, clock, core, feed, webhooks, status, server, watch, sources, leases },
        ...{ isOneOfSeveral: shared !== undefined, stopCollecting, close },
      });
      return stopped;
    },
  };
}

const noteRemoval =
  (log: Logger) =>
  ({ before, ...removal }: Removal): void =>
    log.info({ ...removal, storedBefore: new Date(before).toISOString() }, "history was removed");
