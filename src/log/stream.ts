import { randomUUID } from "node:crypto";
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { ConfigError } from "../config.ts";
import type { LogConfig } from "./connection.ts";

/** The servers recognise a batch that is appended again within this time. */
const DUPLICATE_MS = 10 * 60_000;
const LOG_ID = "switchboard-log-id";
const RETRY_MS = 250;
/** How long a log that must be there may not be found: servers that have just started may not know it yet. */
const SETTLE_MS = 2_000;
/** "stream name already in use": another node has made it meanwhile. */
const NAME_IN_USE = 10058;
const INSUFFICIENT: ReadonlySet<number> = new Set([
  10047, // insufficient storage resources available
  10023, // insufficient resources
  10028, // JetStream resource limits exceeded
  10052, // maximum bytes required
]);
const NOT_FOUND = 10059;
const NO_CLUSTER = 10074;
const NO_PEERS = 10005;

export const streamOf = ({ CLUSTER }: LogConfig): string => `switchboard-${CLUSTER}`;
export const subjectOf = ({ CLUSTER }: LogConfig): string => `sb.${CLUSTER}.log`;

/** The log as it was found. */
export interface FoundLog {
  /** Random, from when the log was made. A database records which log it is of. */
  readonly id: string;
  /** The first and last positions that it holds. `last` is one less than `first` while it is empty. */
  readonly first: number;
  readonly last: number;
}

/**
 * Finds the stream, or makes it, if it may. Throws a `ConfigError` when neither works within `patienceMs`. An empty
 * stream that a database of another log had made would stand in the way of the one that goes on from that database.
 */
export async function openStream(
  manager: JetStreamManager,
  config: LogConfig,
  patienceMs: number,
  mayMake = true,
): Promise<FoundLog> {
  const began = performance.now();
  const deadline = began + patienceMs;
  for (;;) {
    try {
      const found = await (mayMake ? findOrMake : findStream)(manager, config);
      if (found) return checkStream(found, config);
      if (performance.now() - began >= SETTLE_MS)
        throw new ConfigError(
          `LOG_URL: there is no log ${streamOf(config)} yet, and the database goes on from another one: ` +
            "`switchboard adopt` makes a log that goes on where this database ends",
        );
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      const code = error instanceof JetStreamApiError ? error.code : 0;
      const reason = error instanceof Error ? error.message : String(error);
      if (INSUFFICIENT.has(code))
        throw new ConfigError(
          `LOG_MAX_BYTES: the servers cannot reserve ${config.LOG_MAX_BYTES} bytes (${reason}): ` +
            "give their jetstream more max_file, or set LOG_MAX_BYTES lower",
        );
      if (code === NO_CLUSTER) throw new ConfigError(tooFewServers(config, reason));
      if (performance.now() >= deadline)
        throw new ConfigError(
          code === NO_PEERS
            ? tooFewServers(config, reason)
            : `LOG_URL: the stream ${streamOf(config)} cannot be opened (${reason})`,
        );
    }
    await Bun.sleep(RETRY_MS);
  }
}

const tooFewServers = ({ LOG_REPLICAS }: LogConfig, reason: string) =>
  `LOG_REPLICAS: the log cannot have ${LOG_REPLICAS} replicas (${reason}): ` +
  `run ${LOG_REPLICAS} servers as one cluster, or set LOG_REPLICAS lower`;

/** The stream, or undefined while there is none. */
export const findStream = (manager: JetStreamManager, config: LogConfig): Promise<StreamInfo | undefined> =>
  findNamed(manager, streamOf(config));

/** Any stream of the servers. */
export async function findNamed(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NOT_FOUND) return undefined;
    throw error;
  }
}

async function findOrMake(manager: JetStreamManager, config: LogConfig): Promise<StreamInfo> {
  const found = await findStream(manager, config);
  if (found) return found;
  try {
    return await makeStream(manager, config);
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== NAME_IN_USE) throw error;
    return manager.streams.info(streamOf(config));
  }
}

/** Makes the stream. Positions are its sequence numbers, the first of them this one. */
export function makeStream(manager: JetStreamManager, config: LogConfig, first = 1): Promise<StreamInfo> {
  return manager.streams.add({
    name: streamOf(config),
    subjects: [subjectOf(config)],
    num_replicas: config.LOG_REPLICAS,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    duplicate_window: nanos(DUPLICATE_MS),
    max_bytes: config.LOG_MAX_BYTES,
    allow_direct: true,
    deny_delete: true,
    metadata: { [LOG_ID]: randomUUID() },
    ...(first > 1 && { first_seq: first }),
  });
}

export const tooFewReplicas = (name: string, replicas: number, { LOG_REPLICAS }: LogConfig): string =>
  `${name} has ${replicas} of ${LOG_REPLICAS} replicas: \`nats stream edit ${name} --replicas ${LOG_REPLICAS}\` adds them`;

/** Throws a `ConfigError` unless the stream can be the log. */
export function checkStream({ config, state }: StreamInfo, wanted: LogConfig): FoundLog {
  const id = config.metadata?.[LOG_ID];
  const name = streamOf(wanted);
  if (id === undefined)
    throw new ConfigError(`CLUSTER: the stream ${name} was not made by this program: choose another name`);
  if (config.num_replicas < wanted.LOG_REPLICAS)
    throw new ConfigError(
      `LOG_REPLICAS: the stream ${tooFewReplicas(name, config.num_replicas, wanted)}, or set LOG_REPLICAS lower`,
    );
  return { id, first: state.first_seq, last: state.last_seq };
}

/** Throws a `ConfigError` for a database that is beyond the end of the log or before its beginning: it would silently get nothing. */
export function checkPosition(position: number, { first, last }: FoundLog, name: string): void {
  if (position > last)
    throw new ConfigError(
      `LOG_URL: the database is at position ${position}, and the log ${name} ends at ${last}: ` +
        "it is of another log, or the log has lost its end. Start from an empty database or from a backup of a running node",
    );
  if (position + 1 < first)
    throw new ConfigError(
      `LOG_URL: the database is at position ${position}, and the log ${name} begins at ${first}: ` +
        "start from a newer backup, or from an empty database",
    );
}
