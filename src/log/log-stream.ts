import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { LogConfig } from "./connection.ts";
import { checkPosition, checkStream, type FoundLog, streamOf } from "./stream.ts";

/** How long a server may say an end that is not the last: one that was cut off from the others, until it knows. */
const SETTLE_MS = 3_000;
const RETRY_MS = 100;

/** The stream that is the log, as its servers describe it. */
export class LogStream {
  /** Its size when its servers were last asked. */
  bytes = 0;
  /** The most that it may hold, as they said then. An operator can alter it. */
  maxBytes: number;

  constructor(
    private readonly connection: NatsConnection,
    private readonly manager: JetStreamManager,
    private readonly config: LogConfig,
    /** As it was at the start. */
    readonly found: FoundLog,
  ) {
    this.maxBytes = config.LOG_MAX_BYTES;
  }

  /** What it holds now; undefined when no server answers for the majority of them. */
  async state() {
    try {
      const { cluster, config, state } = await this.manager.streams.info(streamOf(this.config));
      // Ten seconds after the majority is gone, a server that is left answers again, with what it has itself.
      if (cluster && !cluster.leader) return undefined;
      this.bytes = state.bytes;
      if (config.max_bytes > 0) this.maxBytes = config.max_bytes;
      return state;
    } catch {
      return undefined;
    }
  }

  /** What the log holds now. */
  async describe(): Promise<FoundLog> {
    return checkStream(await this.manager.streams.info(streamOf(this.config)), this.config);
  }

  /**
   * What it holds, for a database at this position. It was asked before the database was opened, which may have begun
   * with a newer snapshot; and a server that has just been elected may say an end before the one that was confirmed. So
   * only what is said again and again for a time counts. Throws a `ConfigError` when the database cannot be of this log.
   */
  async holding(position: number): Promise<FoundLog> {
    let { found } = this;
    let since: number | undefined;
    while (position > found.last && !this.connection.isClosed()) {
      const said = await this.describe().catch(() => undefined);
      if (said) {
        found = said;
        since ??= performance.now();
        if (performance.now() - since >= SETTLE_MS) break;
      }
      await Bun.sleep(RETRY_MS);
    }
    checkPosition(position, found, streamOf(this.config));
    return found;
  }

  /** The servers that keep the log, and what they hold; undefined while none of them answers. */
  async servers() {
    try {
      const { cluster, config, state } = await this.manager.streams.info(streamOf(this.config));
      return {
        id: this.found.id,
        leader: (cluster ? cluster.leader : this.connection.info?.server_name) ?? null,
        replicas: (cluster?.replicas ?? []).map(({ name, current, lag = 0 }) => ({
          ...{ name, current, behind: lag },
        })),
        ...{ first: state.first_seq, last: state.last_seq, bytes: state.bytes, maxBytes: config.max_bytes },
      };
    } catch {
      return undefined;
    }
  }

  /** Removes everything up to a position, and asks what is left. */
  async purge(upTo: number): Promise<void> {
    await this.manager.streams.purge(streamOf(this.config), { seq: upTo + 1 });
    await this.state();
  }
}
