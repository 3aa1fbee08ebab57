import { type JetStreamManager, jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { ConfigError } from "../config.ts";
import { type Apply, BATCH_FORMAT, type Log } from "../core/log/log.ts";
import { systemClock } from "../core/ports/clock.ts";
import type { Refusal } from "../core/protocol/refusal.ts";
import { Appender } from "./appender.ts";
import { Barrier } from "./barrier.ts";
import { connectToLog, type LogConfig, MIN_PAYLOAD, watchConnection } from "./connection.ts";
import { Deliveries } from "./deliveries.ts";
import { differsAt, LogHealth, leftBehind, tooNew } from "./health.ts";
import { Leases } from "./leases.ts";
import { LogStream } from "./log-stream.ts";
import { Reader } from "./reader.ts";
import { SharedRows } from "./shared-rows.ts";
import { SnapshotKeeper, type SnapshotKeeperParts } from "./snapshot-keeper.ts";
import { Snapshots } from "./snapshots.ts";
import { openStream, streamOf, subjectOf } from "./stream.ts";

/** How long a start waits for servers that start too. */
const START_MS = 30_000;
/** Requests to the servers about the stream and its consumers. One that was sent while there was no leader is never answered. */
const REQUEST_MS = 1_000;
const POLL_MS = 1_000;

type Note = (line: string, context: Record<string, unknown>) => void;

/** The log of a cluster, in JetStream. */
export class JetStreamLog {
  readonly health: LogHealth;
  #appender!: Appender;
  #barrier!: Barrier;
  #reader!: Reader;
  #deliveries!: Deliveries;
  #applied: () => number = () => 0;
  #polling: ReturnType<typeof setInterval> | undefined;
  #stopped = false;
  /** The newest format of batches that all nodes read. */
  writeLevel = (): number => BATCH_FORMAT;

  private constructor(
    readonly connection: NatsConnection,
    private readonly config: LogConfig,
    private readonly manager: JetStreamManager,
    readonly stream: LogStream,
    private readonly note: Note,
    now: () => number,
  ) {
    this.health = new LogHealth(
      now,
      () => this.#applied(),
      () => this.#deliveries?.heldMs ?? 0,
    );
    this.health.answered(stream.found.last);
    void watchConnection(connection, {
      disconnected: () => this.health.disconnected(),
      reconnected: () => {
        this.health.reconnected();
        this.#reader?.reconnected();
        this.#appender?.reconnected();
      },
      note: (line, context) => this.#stopped || note(line, context),
    });
  }

  /** Connects, checks the servers, and makes the stream when there is none, if it may. Throws a `ConfigError`. */
  static async open(
    config: LogConfig,
    note: Note,
    now = () => performance.now(),
    patienceMs = START_MS,
    mayMake = true,
  ): Promise<JetStreamLog> {
    const connection = await connectToLog(config, patienceMs);
    try {
      const manager = await jetstreamManager(connection, { timeout: REQUEST_MS, checkAPI: false });
      const found = await openStream(manager, config, patienceMs, mayMake);
      const stream = new LogStream(connection, manager, config, found);
      return new JetStreamLog(connection, config, manager, stream, note, now);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Makes the log that the core works with. */
  readonly attach = (
    applied: () => number,
    apply: Apply,
    refuse: (id: string, refusal: Refusal) => void,
  ): Log => {
    const { config, connection, manager, note } = this;
    const client = jetstream(connection, { timeout: REQUEST_MS });
    this.#applied = applied;
    this.#deliveries = new Deliveries({
      clock: systemClock,
      applied,
      apply,
      done: ({ id }) => this.#appender.applied(id),
      tooNew: (format) => this.#fail(tooNew(format)),
    });
    this.#reader = new Reader({
      ...{ client, manager, applied, note },
      stream: streamOf(config),
      deliveries: this.#deliveries,
    });
    const expect = (position: number) => {
      this.health.answered(position);
      this.#reader.expect(position);
    };
    this.#appender = new Appender({
      ...{ client, refuse, note, now: () => performance.now() },
      subject: subjectOf(config),
      node: config.NODE_NAME,
      writeLevel: () => this.writeLevel(),
      maxPayload: MIN_PAYLOAD,
      barrier: () => this.#barrier.caughtUp(),
      acknowledged: expect,
    });
    this.#barrier = new Barrier({
      client,
      subject: subjectOf(config),
      node: config.NODE_NAME,
      writeLevel: () => this.writeLevel(),
      end: () => this.#fetchEnd(),
      reached: (position) => {
        expect(position);
        return this.#deliveries.reached(position);
      },
      isOver: () => this.#stopped || this.health.fatal !== undefined,
    });
    return {
      shared: true,
      append: (batch) => this.#appender.append(batch),
      barrier: () => this.barrier(),
      catchUp: (inDoubt) => this.catchUp(inDoubt),
    };
  };

  /** Applies everything that the log holds now. Throws a `ConfigError` when the database cannot be of this log. */
  async start(): Promise<void> {
    const { last } = await this.stream.holding(this.#applied());
    this.#reader.start();
    this.#polling = setInterval(() => void this.#fetchEnd(), POLL_MS);
    const behind = last - this.#applied();
    if (behind > 0) this.note("catching up with the log", { behind });
    await this.#barrier.caughtUp();
    if (this.health.fatal !== undefined) throw new ConfigError(`LOG_URL: ${this.health.fatal}`);
    this.health.caughtUp();
  }

  /** Resolves when everything is applied that any node had confirmed when it was called. */
  barrier(): Promise<void> {
    return this.#barrier.passed();
  }

  /** As in the core's `Log`. `always`: also where this node knows of nothing that it lacks, and is in no doubt. */
  catchUp(inDoubt: boolean, always = false): Promise<boolean> | undefined {
    const isNeeded = always || this.health.isBehind || (inDoubt && this.health.isInDoubt);
    return isNeeded ? this.#barrier.caughtUpInTime() : undefined;
  }

  /** The end of the log; undefined when no server answers. */
  async #fetchEnd(): Promise<number | undefined> {
    const state = await this.stream.state();
    if (!state) return undefined;
    this.health.answered(state.last_seq);
    if (state.first_seq > this.#applied() + 1) this.#fail(leftBehind(state.first_seq, this.#applied()));
    return state.last_seq;
  }

  /** Copies of databases, which empty nodes start from. */
  snapshots(): Promise<Snapshots> {
    return Snapshots.open(this.connection, this.config, this.stream.found.id);
  }

  /** Rows of one kind that the nodes share, and that one of them writes. */
  rows<Row extends { readonly name: string }>(kind: string, lost: () => void): SharedRows<Row> {
    return new SharedRows(this.connection, this.config, kind, lost);
  }

  /** A node that applies nothing does no work for others: it does not know what there is to do. */
  leases(): Leases {
    return new Leases(this.connection, this.config, undefined, () => !this.health.isStuck);
  }

  /**
   * Nodes have different data, though each has applied the log up to a position. The one that differs from most stops:
   * it would store and deliver something else than the others.
   */
  differs(position: number, isOdd: boolean): void {
    this.health.differs = true;
    const at = position.toLocaleString("en");
    if (isOdd) this.#fail(differsAt(at));
    else this.note(`the nodes differ at position ${at}, and no hash has the majority`, { position });
  }

  /** This node applies nothing more, for good. */
  #fail(reason: string): void {
    if (this.health.fatal !== undefined) return;
    this.health.fatal = reason;
    this.note(reason, { position: this.#applied() });
    this.#deliveries?.end();
  }

  /** Makes snapshots and purges the log, while this node holds the lease for it. */
  keepSnapshots(leases: Leases, parts: Pick<SnapshotKeeperParts, "copy" | "appliedByAll">): void {
    const keeper = new SnapshotKeeper({
      clock: systemClock,
      snapshots: () => this.snapshots(),
      maxBytes: () => this.stream.maxBytes,
      size: () => this.stream.bytes,
      purge: (upTo) => this.stream.purge(upTo),
      ...parts,
      note: this.note,
    });
    leases.hold("snapshots", keeper);
  }

  /** For metrics. */
  get counts() {
    return {
      position: this.#applied(),
      last: Math.max(this.health.last, this.#applied()),
      lagMs: this.health.lagMs,
      bytes: this.stream.bytes,
      retries: this.#appender.retries,
      refused: this.#appender.refused,
      ...{ consumersMade: this.#reader.consumersMade, swept: this.#reader.swept },
      appended: this.#appender.appended,
      entries: this.#appender.entries,
      batchBytes: this.#appender.bytes,
      differs: this.health.differs,
    };
  }

  /** Applies nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#polling);
    this.#appender?.stop();
    this.#reader?.stop();
    this.#deliveries?.stop();
    await this.connection.close();
  }
}

export const openLog = JetStreamLog.open;
