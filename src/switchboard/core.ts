import type { Logger } from "pino";
import type { Cluster } from "../cluster/cluster.ts";
import type { Config } from "../config.ts";
import { createCore } from "../core/core.ts";
import { LATE_MS } from "../core/log/dedup-window.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Feed } from "../feed/feed.ts";
import type { Listener } from "../listener.ts";
import type { JetStreamLog } from "../log/jetstream.ts";
import type { CountedAgent } from "../metrics/agent.ts";
import { protocols } from "../protocols/all.ts";
import type { Storage } from "../storage/open.ts";
import type { Auth } from "./auth.ts";
import type { Reporting } from "./reporting.ts";

export interface CoreWiring {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly reporting: Reporting;
  readonly auth: Auth;
  readonly agent: CountedAgent;
  readonly storage: Storage;
  readonly feed: Feed;
  /** Where there are several nodes. */
  readonly shared: JetStreamLog | undefined;
  readonly cluster: Cluster | undefined;
  server(): Listener;
  /** The erasure of a user has begun. */
  erasing(): void;
}

/** The core with all contracts. */
export function openCore(wiring: CoreWiring) {
  const { config, clock, log, reporting, auth, agent, storage, feed, shared, cluster } = wiring;
  return createCore({
    ...{
      clock,
      verifier: auth.verifier,
      agent,
      protocols: Object.values(protocols),
      report: reporting.report,
    },
    store: storage.store,
    people: storage.people,
    ...coreSettings(config),
    dedup: {
      maxBytes: config.DEDUP_MEMORY,
      scratch: storage.scratch,
      seed: storage.dedupSeed,
      lateMs: shared && LATE_MS,
    },
    publisher: wiring.server,
    committed: cluster
      ? () => {
          feed.woken();
          cluster.committed();
        }
      : feed.woken,
    ...(shared && { log: shared.attach }),
    erasing: wiring.erasing,
    bus: cluster?.bus,
    storeChanged(failure) {
      if (failure === undefined) log.info("the store can be written again");
      else
        reporting.tell(failure, {
          where: "store",
          what: "the store cannot be written; not ready until it can",
        });
    },
    note: (what, context) => log[what === "refused" ? "warn" : "info"](context, what),
  });
}

/** What the core takes from the settings. */
const coreSettings = (config: Config) => ({
  settings: {
    path: config.WS_PATH,
    authMs: config.AUTH_TIMEOUT_MS,
    heartbeatMs: config.HEARTBEAT_INTERVAL_MS,
    maxContentLength: config.MAX_CONTENT_LENGTH,
    // A client that has room for one more frame can take the largest frame.
    maxFrameBytes: Math.floor(config.MAX_BUFFERED_BYTES * 0.75),
    batchMs: config.BATCH_INTERVAL_MS,
    maxGiftsPerSecond: config.MAX_GIFTS_PER_SECOND,
    connectionsPerMinute: config.CONNECTION_RATE_LIMIT,
    messagesPerMinute: config.MESSAGE_RATE_LIMIT,
    encryption: {
      rotationMs: config.ENCRYPTION_ROTATION_MS,
      compression: config.ENCRYPTION_COMPRESSION,
      maxPlainBytes: config.MAX_MESSAGE_BYTES,
    },
  },
  limits: {
    messagesPerMinute: config.MESSAGE_RATE_LIMIT,
    burst: config.MESSAGE_BURST_LIMIT,
    broadcastsPerMinute: config.ROOM_RATE_LIMIT,
    connectionsPerUser: config.MAX_CONNECTIONS_PER_USER,
    bufferedBytes: config.MAX_BUFFERED_BYTES,
    messageBytes: config.MAX_MESSAGE_BYTES,
    resumedEvents: config.RESUME_LIMIT,
  },
});
