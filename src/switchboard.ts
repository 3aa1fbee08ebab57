import type { Logger } from "pino";
import packageJson from "../package.json" with { type: "json" };
import { createAgent } from "./agents/choose.ts";
import type { Config } from "./config.ts";
import { createCore } from "./core/core.ts";
import { type Clock, systemClock } from "./core/ports/clock.ts";
import { Refusal } from "./core/protocol/refusal.ts";
import { Feed } from "./feed/feed.ts";
import { Webhooks } from "./feed/webhooks.ts";
import { type Phase, whyNotReady } from "./http/health.ts";
import type { Leases } from "./log/leases.ts";
import { CountedAgent } from "./metrics/agent.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { protocols } from "./protocols/all.ts";
import { collectAfterWaves } from "./server/after-waves.ts";
import { openStorage } from "./storage/open.ts";
import { openAuth } from "./switchboard/auth.ts";
import { allDismissed, drained } from "./switchboard/drain.ts";
import { openHttp } from "./switchboard/http.ts";
import { createEndpoint, listenOr, openTls, watchListener } from "./switchboard/listen.ts";
import { answersOf, Nodes } from "./switchboard/nodes.ts";
import { createReporting } from "./switchboard/reporting.ts";
import { coreSettings } from "./switchboard/settings.ts";
import { keepSnapshots, restoreSnapshot } from "./switchboard/snapshots.ts";
import { startSources } from "./switchboard/sources.ts";
import { SharedWebhooks } from "./switchboard/webhooks.ts";

/** How often clients are sent away while their node cannot follow the log. */
const ISOLATED_MS = 1_000;
/** How long a server that stops waits for the answers to the last requests. */
const ANSWER_MS = 1_000;

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
  const reporting = createReporting(log, clock, (error) => core.storeHealth.failed(error));
  const { tell, report } = reporting;
  const warn = (line: string) => log.warn(line);

  const tls = await openTls(config, clock, warn);
  const agent = new CountedAgent(createAgent(config));
  const auth = await openAuth(config, clock, warn);
  // Loaded only where several nodes share a log.
  const shared =
    config.LOG_URL &&
    (await (
      await import("./log/jetstream.ts")
    ).openLog(config, (line, context) => log.warn(context, line), clock.monotonic));
  if (shared) await restoreSnapshot(shared, config, log);
  const storage = openStorage(
    config,
    clock,
    report,
    ({ before, ...removal }) =>
      log.info({ ...removal, storedBefore: new Date(before).toISOString() }, "history was removed"),
    shared?.stream.found.id,
  );

  const feed = new Feed(storage.eventPages, storage.store.position);
  const cluster =
    shared &&
    (await import("./cluster/open.ts")).openCluster(shared.connection, config, {
      clock,
      applied: storage.store.position,
      hash: storage.store.hash,
      // One that stops, or applies no more, does nothing for the others.
      draining: () => phase === "draining" || shared.health.fatal !== undefined,
      differs: (...difference) => shared.differs(...difference),
      note: (line, context) => log.warn(context, line),
    });

  if (shared && cluster) shared.writeLevel = () => cluster.writeLevel;

  const core = createCore({
    ...{ clock, verifier: auth.verifier, agent, protocols, report },
    store: storage.store,
    people: storage.people,
    ...coreSettings(config),
    dedup: { maxBytes: config.DEDUP_MEMORY, scratch: storage.scratch, seed: storage.dedupSeed },
    publisher: () => server,
    committed: cluster
      ? () => {
          feed.woken();
          cluster.committed();
        }
      : feed.woken,
    ...(shared && { log: shared.attach }),
    erasing: () => wakeErasures(),
    bus: cluster?.bus,
    storeChanged(failure) {
      if (failure === undefined) log.info("the store can be written again");
      else tell(failure, { where: "store", what: "the store cannot be written; not ready until it can" });
    },
    note: (what, context) => log[what === "refused" ? "warn" : "info"](context, what),
  });

  let wakeErasures = () => {};

  const keptBy = () => sharedWebhooks ?? storage.webhooks;
  const webhookHosts = config.WEBHOOK_ALLOW ?? [config.production ? "public" : "*"];
  const webhooks = new Webhooks({
    ...{ clock, feed, contracts: core.protocols, report, random: Math.random },
    ...{
      all: storage.webhooks.all,
      save: (row) => keptBy().save(row),
      remove: (name) => keptBy().remove(name),
    },
    allowed: webhookHosts,
    timeoutMs: config.WEBHOOK_TIMEOUT_MS,
    lastId: storage.eventPages.lastId,
    note: (webhook, what, error) =>
      log[what === "delivered" ? "info" : "warn"]({ webhook, ...(error && { error }) }, `webhook ${what}`),
  });

  const sharedWebhooks =
    shared && cluster && new SharedWebhooks({ shared, cluster, webhooks, log, table: storage.webhooks });

  let phase: Phase = "starting";
  let stopping = false;
  const fault = () => whyNotReady(phase, core.storeHealth.works(), shared?.health.whyNotReady());
  /** Clients are better served by another node. */
  const isIsolated = () => shared?.health.isIsolated ?? false;
  /** Held by this node, or wanted. */
  let leases: Leases | undefined;
  const refusedUpgrades = new Map<number, number>();
  const metrics = createMetrics({
    ...{ clock, agent, errors: reporting.errors, refusedUpgrades, lostLogLines },
    ...{ traffic: core.traffic, times: core.times, rooms: core.rooms },
    storeSize: storage.size,
    logId: storage.logId,
    log: () => ({ position: storage.store.position(), hash: storage.store.hash() }),
    webhooks: () => webhooks.all,
    ready: () => fault() === undefined,
    sharedLog: () => shared && { ...shared.counts, waiting: core.turns.waiting },
    cluster: () =>
      cluster && {
        nodes: cluster.peers.length + 1,
        rosterEntries: core.rosters.entries,
        relays: cluster.relays,
        leases: leases?.held ?? [],
      },
  });
  const startedAt = clock.monotonic();
  const answers = answersOf(core, storage, () => {
    const reason = fault() ?? null;
    return {
      ...{ name: config.NODE_NAME, ready: reason === null, reason },
      version: packageJson.version,
      uptime: (clock.monotonic() - startedAt) / 1_000,
      connections: core.connections.count,
      lagSeconds: (shared?.health.lagMs ?? 0) / 1_000,
      ...{ position: storage.store.position(), hash: storage.store.hash() },
      writeLevel: cluster?.writeLevel ?? 0,
      leases: (leases?.held ?? []).filter(([, isHeld]) => isHeld).map(([name]) => name),
    };
  });
  const nodes = new Nodes(config.NODE_NAME, answers, cluster, shared?.stream);
  const http = openHttp({
    ...{
      config,
      clock,
      auth,
      storage,
      core,
      feed,
      webhooks,
      sharedWebhooks,
      webhookHosts,
      metrics,
      reporting,
    },
    ...{ nodes, caughtUp: shared && (() => shared.barrier()), hasTls: tls !== undefined },
    appliedEverywhere: cluster && (() => cluster.appliedEverywhere()),
    catchUp: shared && ((inDoubt) => shared.catchUp(inDoubt)),
    server: () => server,
    fault,
  });
  const endpoint = createEndpoint({
    ...{ config, clock, core, http, refusedUpgrades, reporting },
    draining: () => phase === "draining" || isIsolated(),
    stopping: () => stopping,
  });
  const close = async () => {
    cluster?.stop();
    await shared?.stop();
    await storage.close();
  };
  if (shared) {
    // Nobody can hear it yet.
    core.turns.mute();
    const joined = cluster?.announce();
    await shared.start().catch(async (error) => {
      await close();
      throw error;
    });
    cluster?.start({
      roster: core.rosters,
      isHeard: (room) => core.rooms.isHeard(room),
      relayed: core.relayed,
      answers: { ...answers, ...sharedWebhooks?.answers },
    });
    joined?.();
    await cluster?.joined();
    // From now on others wait for this node; what was answered before that is applied too.
    await shared.barrier();
  }
  const server = await listenOr(endpoint, tls, close);
  const watch = watchListener(server, endpoint, tls !== undefined, log, reporting);
  core.turns.startDelivery();
  if (shared) {
    clock.every(ISOLATED_MS, () => {
      if (isIsolated())
        for (const one of [...core.connections.all]) one.refuse(new Refusal("server_restart"));
    });
  }
  leases = shared?.leases();
  const sources = await startSources(config, clock, log, core, leases);
  if (shared && leases) keepSnapshots(shared, leases, config, () => cluster?.appliedByAll ?? 0);

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    phase = "draining";
    // A load balancer that cannot connect goes on to another node at once; one that gets a refusal may pass it on.
    if (shared) server.refuse();
    stopCollecting();
    webhooks.stop();
    feed.stop();
    watch.stopRenewing();
    sources?.stop();
    await sharedWebhooks?.stop();
    await leases?.stop();
    await drained(() => allDismissed(core), config.SHUTDOWN_GRACE_MS);
    core.stop();
    // Requests that were received are answered. A request that is still on its way has 10 s to arrive: nobody waits for it.
    stopping = true;
    await drained(() => server.unanswered() === 0, Math.min(config.SHUTDOWN_GRACE_MS, ANSWER_MS));
    await server.stop();
    watch.stop();
    await close();
  }

  const stopCollecting = collectAfterWaves(clock, () => core.traffic.values(), {
    collect: () => Bun.gc(true),
    shrink: () => Bun.shrink(),
  });
  if (sharedWebhooks && leases) await sharedWebhooks.start(leases, http.authorized);
  else webhooks.start();
  phase = "serving";
  storage.startRetention(core.trim, () => core.rank("core retention"));
  wakeErasures = storage.startErasures({
    roomsOf: core.roomsOfUser,
    concerns: core.concerns,
    eraseIn: core.eraseIn,
    removeRoom: (room) => core.recordRoom(room, "room.removed", {}),
    removeMember: (room, userId) => core.recordRoom(room, "member.removed", { userId }),
    rank: core.rank,
    finishedElsewhere: async (userId) =>
      (await nodes.ask("erased", [userId])).answers.some(({ answer: [finishedAt] }) => finishedAt != null),
  });
  return {
    port: server.port,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
