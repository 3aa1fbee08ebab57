import packageJson from "../../package.json" with { type: "json" };
import { CLOCK_TOLERANCE_SECONDS } from "../auth/tokens.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Config } from "../config.ts";
import type { Core } from "../core/core.ts";
import type { Clock } from "../core/ports/clock.ts";
import { Refusal } from "../core/protocol/refusal.ts";
import { createDescription } from "../describe/describe.ts";
import { exportUser } from "../feed/export.ts";
import type { Feed } from "../feed/feed.ts";
import { answerWithin } from "../http/answer-within.ts";
import { createHttpApp, operations } from "../http/app.ts";
import { isLocal } from "../http/local.ts";
import type { RoomDependencies } from "../http/rooms.ts";
import type { UserDependencies } from "../http/users.ts";
import type { Listener } from "../listener.ts";
import type { JetStreamLog } from "../log/jetstream.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Storage } from "../storage/open.ts";
import type { Auth } from "./auth.ts";
import type { Nodes } from "./nodes.ts";
import type { Reporting } from "./reporting.ts";
import type { Status } from "./status.ts";
import type { OpenWebhooks } from "./webhooks.ts";

/** How long a request of a backend waits for the log of several nodes. */
const RECORDED_MS = 8_000;
const BUSY_RETRY_MS = 1_000;

export interface HttpWiring {
  readonly config: Config;
  readonly clock: Clock;
  readonly auth: Auth;
  readonly storage: Storage;
  readonly core: Core;
  readonly feed: Feed;
  readonly webhooks: OpenWebhooks;
  readonly status: Status;
  readonly metrics: Metrics;
  readonly reporting: Reporting;
  readonly nodes: Nodes;
  /** Where there are several nodes: a request may have to wait for their log. */
  readonly shared: JetStreamLog | undefined;
  readonly cluster: Cluster | undefined;
  readonly hasTls: boolean;
  server(): Listener;
}

/** Every HTTP route, with the parts of the server that it asks. */
export function openHttp(wiring: HttpWiring) {
  const { config, clock, auth, storage, core, feed, nodes, reporting, shared, cluster, status } = wiring;
  const { webhooks, sharedWebhooks, allowed } = wiring.webhooks;
  const { protocols } = core;
  const inTime = <T>(work: Promise<T>, givenUp?: () => void): Promise<T> =>
    shared ? answerWithin(clock, RECORDED_MS, work, givenUp) : work;
  const caughtUp =
    shared &&
    (async () => {
      await inTime(shared.barrier());
      // A node that applies nothing more waits for nothing, and does not know what the others have.
      if (shared.health.fatal !== undefined) throw new Refusal("busy", "busy", { retryAfter: BUSY_RETRY_MS });
    });
  const history = storage.store;
  const record: RoomDependencies["record"] = (room, kind, body) => inTime(core.recordRoom(room, kind, body));
  return createHttpApp({
    apiKeys: auth.keys,
    makeToken: auth.makeToken,
    failed: (error) => reporting.report(error, { where: "http" }),
    rooms: {
      history,
      protocols,
      room: storage.people.room,
      roomsAfter: storage.people.roomsAfter,
      online: (rooms) => nodes.ask("online", rooms),
      record,
    },
    members: { protocols, record, membersOf: storage.people.membersOf },
    messages: { protocols, history, redact: (room, redaction) => inTime(core.redact(room, redaction)) },
    events: {
      post(protocol, posts) {
        const asked = { isGivenUp: false };
        const stored = core.post(protocol, posts, asked);
        const giveUp = () => {
          asked.isGivenUp = true;
        };
        return stored && inTime(stored, giveUp);
      },
    },
    feed: { feed, protocols, after: clock.after, caughtUp },
    webhooks: {
      ...{ webhooks, protocols, feed, allowed, caughtUp },
      ...(sharedWebhooks && { forward: sharedWebhooks.forward, stored: sharedWebhooks.stored }),
    },
    metrics: wiring.metrics,
    errors: reporting.errors,
    connections: {
      nodes: () => nodes.names,
      pages: (request, node) => nodes.ask("connections", request, node),
      close: (id) => nodes.ask("close", id),
    },
    cluster: { state: () => nodes.state() },
    appliedEverywhere: cluster && (() => cluster.appliedEverywhere()),
    catchUp: shared && ((inDoubt, always) => shared.catchUp(inDoubt, always)),
    users: usersOf(wiring, inTime),
    description: createDescription(protocols, operations, () => ({
      version: packageJson.version,
      host: `localhost:${wiring.server().port}`,
      secure: wiring.hasTls,
    })),
    console: {
      production: config.production,
      cluster: nodes.names !== undefined,
      makesTokens: auth.makeToken !== undefined,
      path: config.WS_PATH,
    },
    opensDev: (request) =>
      config.DEV || (!config.TRUST_PROXY && isLocal(request, wiring.server().addressOf(request))),
    condition: () => ({
      connections: core.connections.count,
      activeChats: core.rooms.count("chat"),
      uptime: status.uptime,
      fault: status.fault,
    }),
  });
}

function usersOf(
  { clock, core, nodes, storage }: HttpWiring,
  inTime: <T>(work: Promise<T>) => Promise<T>,
): UserDependencies {
  /** Milliseconds since the epoch; undefined for a user who was never here. */
  const lastActive = (userId: string): number | undefined =>
    core.presence.lastSeen(userId) ?? storage.people.lastActive(userId);

  /** No token of the user that was ever accepted was issued later. Milliseconds since the epoch. */
  function revocationOf(userId: string): number {
    // By any clock: the user's last time here, in case this machine's clock has been set back, and the tokens in use.
    const seen = lastActive(userId) ?? 0;
    const made = core.presence.tokensOf(userId);
    const latest = Math.max(clock.now(), seen) + CLOCK_TOLERANCE_SECONDS * 1_000;
    return Math.max(latest, ...made) + 1;
  }

  return {
    isOnline: (userId) => core.presence.isOnline(userId),
    lastActive: (userId) => nodes.ask("lastActive", userId),
    revoke: (userId) => inTime(core.revoke(userId, revocationOf(userId))),
    erase: (userId) => inTime(core.erase(userId, revocationOf(userId))),
    erasures: { ...storage.erasures, finished: (userIds) => nodes.ask("erased", userIds) },
    export: (userId) =>
      exportUser(userId, {
        rows: storage.userRows,
        stored: (userId) => ({
          revokedBefore: storage.people.revokedBefore(userId) || null,
          lastActive: lastActive(userId) ?? null,
        }),
        rooms: core.roomsOfUser(userId),
        protocols: core.protocols,
      }),
  };
}
