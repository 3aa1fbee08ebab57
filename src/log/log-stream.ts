import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { LogConfig } from "./connection.ts";
import { checkStream, type FoundLog, streamOf } from "./stream.ts";

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

  /** What it holds now; undefined when no server answers. */
  async state() {
    try {
      const { config, state } = await this.manager.streams.info(streamOf(this.config));
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

  /** The servers that keep the log, and what they hold; undefined while none of them answers. */
  async servers() {
    try {
      const { cluster, config, state } = await this.manager.streams.info(streamOf(this.config));
      return {
        id: this.found.id,
        leader: cluster?.leader ?? this.connection.info?.server_name ?? null,
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
