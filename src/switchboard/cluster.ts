import { existsSync, rmSync } from "node:fs";
import type { Logger } from "pino";
import type { Cluster } from "../cluster/cluster.ts";
import { type Config, ConfigError } from "../config.ts";
import type { Core } from "../core/core.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { JetStreamLog } from "../log/jetstream.ts";
import { inspectLog } from "../storage/inspect.ts";
import type { Storage } from "../storage/open.ts";
import type { NodeQuestions } from "./nodes.ts";
import { restoreSnapshot } from "./snapshots.ts";
import type { OpenWebhooks } from "./webhooks.ts";

/** Connects to the log of several nodes and gives an empty node a snapshot. Undefined for one server alone, which loads nothing of it. */
export async function openSharedLog(
  config: Config,
  clock: Clock,
  log: Logger,
): Promise<JetStreamLog | undefined> {
  if (!config.LOG_URL) return undefined;
  const { openLog } = await import("../log/jetstream.ts");
  const note = (line: string, context: Record<string, unknown>) => log.warn(context, line);
  const shared = await openLog(config, note, clock.monotonic, undefined, !holdsLog(config.DATABASE_URL));
  const file = config.DATABASE_URL;
  if (existsSync(file)) return shared;
  await restoreSnapshot(shared, config, log);
  // The log may have been purged while the snapshot was read.
  const { first } = await shared.stream.describe().catch(() => shared.stream.found);
  const position = existsSync(file) ? inspectLog(file).position : 0;
  if (position + 1 >= first) return shared;
  await shared.stop();
  // A database that begins too early would be in the way of the snapshot that there may be at the next start.
  rmSync(file, { force: true });
  throw new ConfigError(
    `LOG_URL: the log begins at ${first}, and no snapshot of that place could be read: start again, or with a backup of a node`,
  );
}

/** Whether the database is of a log already, that of one server alone or of several. */
function holdsLog(file: string): boolean {
  if (!existsSync(file)) return false;
  try {
    const { logId, position } = inspectLog(file);
    return logId !== null || position > 0;
  } catch {
    // The start reports what is wrong with the file when it opens it.
    return false;
  }
}

export interface ClusterWiring {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly shared: JetStreamLog;
  readonly storage: Storage;
  draining(): boolean;
}

/** The other nodes. `joinCluster` begins to listen to them. */
export async function openOtherNodes(wiring: ClusterWiring): Promise<Cluster> {
  const { config, clock, log, shared, storage } = wiring;
  const { openCluster } = await import("../cluster/open.ts");
  const cluster = openCluster(shared.connection, config, {
    clock,
    applied: storage.store.position,
    hash: storage.store.hash,
    // A node that stops, or that can apply no more, does no work for the others.
    draining: () => wiring.draining() || shared.health.fatal !== undefined,
    differs: (...difference) => shared.differs(...difference),
    note: (line, context) => log.warn(context, line),
  });
  shared.writeLevel = () => cluster.writeLevel;
  return cluster;
}

export interface JoinWiring {
  readonly shared: JetStreamLog;
  readonly cluster: Cluster;
  readonly core: Core;
  readonly answers: NodeQuestions;
  readonly webhooks: OpenWebhooks;
  /** Closes what was opened, when this node cannot follow the log. */
  close(): Promise<void>;
}

/** Applies the log up to its end, then takes part: before this node listens, it knows what the others know. */
export async function joinCluster(wiring: JoinWiring): Promise<void> {
  const { shared, cluster, core, answers, webhooks, close } = wiring;
  // No connection is here yet that could get what is applied.
  core.turns.mute();
  const caughtUp = cluster.announce();
  await shared.start().catch(async (error) => {
    await close();
    throw error;
  });
  cluster.start({
    roster: core.rosters,
    isHeard: (room) => core.rooms.isHeard(room),
    relayed: core.relayed,
    answers: { ...answers, ...webhooks.sharedWebhooks?.answers },
  });
  caughtUp();
  await cluster.joined();
  // From now on the others wait for this node. What they answered before that must be applied here too.
  await shared.barrier();
}
