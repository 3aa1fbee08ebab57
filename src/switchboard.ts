import type { Logger } from "pino";
import packageJson from "../package.json" with { type: "json" };
import { createAgent } from "./agents/choose.ts";
import { CLOCK_TOLERANCE_SECONDS } from "./auth/tokens.ts";
import type { Config } from "./config.ts";
import { createCore } from "./core/core.ts";
import { Limiter } from "./core/inbound/limits.ts";
import { type Clock, systemClock } from "./core/ports/clock.ts";
import type { Post } from "./core/protocol/posting.ts";
import { Refusal } from "./core/protocol/refusal.ts";
import { createDescription } from "./describe/describe.ts";
import { exportUser } from "./feed/export.ts";
import { Feed } from "./feed/feed.ts";
import { Webhooks } from "./feed/webhooks.ts";
import { answerWithin } from "./http/answer-within.ts";
import { createHttpApp, operations } from "./http/app.ts";
import { withSecurityHeaders } from "./http/headers.ts";
import type { Phase } from "./http/health.ts";
import { isLocal } from "./http/local.ts";
import { CountedAgent } from "./metrics/agent.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { protocols } from "./protocols/all.ts";
import type { Endpoint } from "./server.ts";
import { openStorage } from "./storage/open.ts";
import { openAuth } from "./switchboard/auth.ts";
import { allDismissed, drained } from "./switchboard/drain.ts";
import { listenOr, openTls, watchListener } from "./switchboard/listen.ts";
import { createReporting } from "./switchboard/reporting.ts";
import { coreSettings } from "./switchboard/settings.ts";

/** How long a request of a backend waits for the log of several nodes. */
const RECORDED_MS = 8_000;
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
  const storage = openStorage(
    config,
    clock,
    report,
    ({ before, ...removal }) =>
      log.info({ ...removal, storedBefore: new Date(before).toISOString() }, "history was removed"),
    shared?.found.id,
  );

  const feed = new Feed(storage.eventPages, storage.store.position);
  const cluster =
    shared &&
    (await import("./cluster/open.ts")).openCluster(shared.connection, config, {
      clock,
      applied: storage.store.position,
      hash: storage.store.hash,
      draining: () => phase === "draining",
      note: (line, context) => log.warn(context, line),
    });

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

  const webhookHosts = config.WEBHOOK_ALLOW ?? [config.production ? "public" : "*"];
  const webhooks = new Webhooks({
    ...{ clock, feed, contracts: core.protocols, report, random: Math.random },
    ...storage.webhooks,
    allowed: webhookHosts,
    timeoutMs: config.WEBHOOK_TIMEOUT_MS,
    lastId: storage.eventPages.lastId,
    note: (webhook, what, error) =>
      log[what === "delivered" ? "info" : "warn"]({ webhook, ...(error && { error }) }, `webhook ${what}`),
  });

  /** A log of this process alone answers at once. */
  const inTime = <T>(work: Promise<T>): Promise<T> =>
    shared ? answerWithin(clock, RECORDED_MS, work) : work;
  let phase: Phase = "starting";
  let stopping = false;
  const ready = () =>
    phase === "serving" && core.storeHealth.works() && shared?.health.whyNotReady() === undefined;
  /** Clients are better served by another node. */
  const isIsolated = () => shared?.health.isIsolated ?? false;
  const refusedUpgrades = new Map<number, number>();
  const metrics = createMetrics({
    ...{ clock, agent, errors: reporting.errors, refusedUpgrades, ready, lostLogLines },
    ...{ traffic: core.traffic, times: core.times, rooms: core.rooms },
    storeSize: storage.size,
    logId: storage.logId,
    log: () => ({ position: storage.store.position(), hash: storage.store.hash() }),
    webhooks: () => webhooks.all,
    sharedLog: () => shared?.counts,
  });
  const startedAt = clock.monotonic();
  const http = createHttpApp({
    apiKeys: auth.keys,
    failed: (error) => report(error, { where: "http" }),
    rooms: {
      history: storage.store,
      protocols: core.protocols,
      room: storage.people.room,
      roomsAfter: storage.people.roomsAfter,
      membersOf: storage.people.membersOf,
      online: (room) => core.rooms.size(room),
      record: (...said) => inTime(core.recordRoom(...said)),
      redact: (...said) => inTime(core.redact(...said)),
    },
    events: {
      post(protocol, posts) {
        const stored = core.post(protocol, posts);
        return stored && inTime(stored);
      },
    },
    feed: { feed, protocols: core.protocols, after: clock.after },
    webhooks: { webhooks, protocols: core.protocols, feed, allowed: webhookHosts },
    metrics,
    errors: reporting.errors,
    description: createDescription(core.protocols, operations, () => ({
      version: packageJson.version,
      host: `localhost:${server.port}`,
      secure: tls !== undefined,
    })),
    opensDev: (request) => config.DEV || (!config.TRUST_PROXY && isLocal(request, server.addressOf(request))),
    console: {
      production: config.production,
      makesTokens: auth.makeToken !== undefined,
      path: config.WS_PATH,
    },
    makeToken: auth.makeToken,
    connections: { all: () => core.connections.all },
    users: {
      isOnline: (userId) => core.presence.isOnline(userId),
      lastActive: lastActiveOf,
      revoke: (userId) => inTime(core.revoke(userId, revocationOf(userId))),
      erase: (userId) => inTime(core.erase(userId, revocationOf(userId))),
      erasures: storage.erasures,
      export: (userId) =>
        exportUser(userId, {
          rows: storage.userRows,
          stored: (userId) => ({
            revokedBefore: storage.people.revokedBefore(userId) || null,
            lastActive: lastActiveOf(userId) ?? null,
          }),
          rooms: core.roomsOfUser(userId),
          protocols: core.protocols,
        }),
    },
    condition: () => ({
      connections: core.connections.count,
      activeChats: core.rooms.count("chat"),
      uptime: (clock.monotonic() - startedAt) / 1_000,
      phase,
      storeWorks: core.storeHealth.works(),
      logFault: shared?.health.whyNotReady(),
    }),
  });

  /** Milliseconds since the epoch; undefined for a user who was never here. */
  function lastActiveOf(userId: string): number | undefined {
    return core.presence.lastSeen(userId) ?? storage.people.lastActive(userId);
  }

  /** No token of the user that was ever accepted was issued later. Milliseconds since the epoch. */
  function revocationOf(userId: string): number {
    // By whatever clock: the user's last time here, should this machine's have been set back, and the tokens in use.
    const seen = lastActiveOf(userId) ?? 0;
    const made = core.presence.tokensOf(userId);
    const latest = Math.max(clock.now(), seen) + CLOCK_TOLERANCE_SECONDS * 1_000;
    return Math.max(latest, ...made) + 1;
  }

  const endpoint: Endpoint = {
    ...{ config, protocols: core.protocols, connections: core.connections, traffic: core.traffic },
    largestFrame: Math.max(
      config.MAX_BUFFERED_BYTES,
      8 * config.MAX_CONTENT_LENGTH + 2 * config.MAX_MESSAGE_BYTES,
    ),
    ...{ newId: core.newId, spent: core.spent, direct: http.direct },
    clock,
    refusedUpgrades,
    addresses: new Limiter(clock, config.ADDRESS_RATE_LIMIT, 0),
    limiters: new Map(
      core.protocols.map((one) => [one, new Limiter(clock, one.connectionsPerMinute ?? 0, 0)]),
    ),
    draining: () => phase === "draining" || isIsolated(),
    stopping: () => stopping,
    fetch: async (request) => withSecurityHeaders(await http.answer(request)),
    dress: withSecurityHeaders,
    failed: (error) => report(error, { where: "http" }),
  };
  const close = async () => {
    cluster?.stop();
    await shared?.stop();
    await storage.close();
  };
  if (shared) {
    // Nobody can hear it yet.
    core.turns.mute();
    await shared.start().catch(async (error) => {
      await close();
      throw error;
    });
    cluster?.start({
      roster: core.rosters,
      isHeard: (room) => core.rooms.isHeard(room),
      relayed: core.relayed,
      answers: {},
    });
    await cluster?.joined();
  }
  const server = await listenOr(endpoint, tls, close);
  const watch = watchListener(server, endpoint, tls !== undefined, log, reporting);
  core.turns.speak();
  if (shared) {
    clock.every(ISOLATED_MS, () => {
      if (isIsolated())
        for (const one of [...core.connections.all]) one.refuse(new Refusal("server_restart"));
    });
  }
  const { DISCORD_BOT_TOKEN: botToken, DISCORD_GATEWAY_URL: gatewayUrl } = config;
  const post = async (posts: readonly Post[]) => core.post("discord", posts);
  // Loaded only for a server with a bot: its library takes 70 ms and 6 MB.
  const discord =
    botToken === undefined
      ? undefined
      : (await import("./sources/discord.ts")).startDiscordSource({ botToken, gatewayUrl, clock, log, post });

  let stopped: Promise<void> | undefined;
  async function stop(): Promise<void> {
    phase = "draining";
    webhooks.stop();
    feed.stop();
    watch.stopRenewing();
    discord?.stop();
    await drained(() => allDismissed(core), config.SHUTDOWN_GRACE_MS);
    core.stop();
    // What was stored is answered. A request that is still on its way here has 10 s to come: that is not waited for.
    stopping = true;
    await drained(() => server.unanswered() === 0, Math.min(config.SHUTDOWN_GRACE_MS, ANSWER_MS));
    await server.stop();
    watch.stop();
    await close();
  }

  webhooks.start();
  phase = "serving";
  storage.startRetention(core.trim);
  wakeErasures = storage.startErasures({
    roomsOf: core.roomsOfUser,
    concerns: core.concerns,
    eraseIn: core.eraseIn,
    removeRoom: (room) => core.recordRoom(room, "room.removed", {}),
    removeMember: (room, userId) => core.recordRoom(room, "member.removed", { userId }),
  });
  return {
    port: server.port,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
