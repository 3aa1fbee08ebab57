import {
  AckPolicy,
  type Consumer,
  type ConsumerMessages,
  DeliverPolicy,
  type JetStreamClient,
  type JetStreamManager,
} from "@nats-io/jetstream";
import { nanos } from "@nats-io/transport-node";
import { MIN_PAYLOAD } from "./connection.ts";
import type { Deliveries } from "./deliveries.ts";

const FETCHED = 100;
/**
 * A server closes the connection of a client for which 64 MiB wait, so what a fetch and a direct read ask for stays below
 * that. The client library has no fetch with a limit in bytes that ends well: batches are taken to be as large as lately.
 */
const FETCHED_BYTES = 32 * 1_048_576;
const SWEPT_BYTES = 8 * 1_048_576;
const FETCH_MS = 2_000;
const HEARTBEAT_MS = 500;
/** A fetch that has not ended so long after it should have is given up. */
const LATE_MS = 500;
const RETRY_MS = 100;
/** A consumer that nobody asks goes away after this. */
const UNUSED_MS = 10_000;
/** A replica is read directly when the position has not moved for this long; the second, while the log is known to go on. */
const SWEEP_MS = 200;
const URGENT_MS = 20;
const SWEEP_ANSWER_MS = 1_000;
/** Batches are applied for this long before the event loop goes on. */
const SLICE_MS = 20;

export interface ReaderParts {
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly stream: string;
  readonly deliveries: Deliveries;
  applied(): number;
  note(line: string, context: Record<string, unknown>): void;
}

/**
 * Reads the log from where this node is, in two ways: a consumer for speed, and direct reads of any replica for the
 * time when there is no consumer or it brings nothing, because a leader is being elected.
 */
export class Reader {
  #stopped = false;
  #hasConsumer = false;
  /** A fetch has ended as it should since the last one that failed was noted. */
  #hadConsumer = true;
  #fetching: ConsumerMessages | undefined;
  /** How large a batch is taken to be, in bytes. Halved with each fetch that brings none of this size. */
  #largest = MIN_PAYLOAD;
  /** The log is known to reach this position. */
  #expected = 0;
  #sweptAt = -1;
  #isSweeping = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  consumersMade = 0;
  swept = 0;

  constructor(private readonly parts: ReaderParts) {}

  start(): void {
    void this.#consume();
    this.#scheduleSweep();
  }

  stop(): void {
    this.#stopped = true;
    this.#fetching?.stop();
    clearTimeout(this.#timer);
  }

  /** The log has something at this position: it is fetched soon if no consumer brings it. */
  expect(position: number): void {
    if (position <= this.#expected) return;
    this.#expected = position;
    if (position > this.parts.applied()) this.#scheduleSweep();
  }

  /** A fetch does not notice that its server is gone: its heartbeats are not watched while there is no connection. */
  reconnected(): void {
    this.#fetching?.stop();
  }

  async #consume(): Promise<void> {
    while (!this.#stopped) {
      // Reads nothing while nothing can be applied.
      while (this.parts.deliveries.isBlocked && !this.#stopped) await Bun.sleep(RETRY_MS);
      try {
        const consumer = await this.#makeConsumer();
        this.consumersMade++;
        this.#hasConsumer = true;
        // The last one may have ended because it asked for too much.
        this.#largest = MIN_PAYLOAD;
        while (!this.#stopped && (await this.#fetch(consumer))) this.#hadConsumer = true;
      } catch (error) {
        if (this.#hadConsumer) this.parts.note("no consumer", { why: reasonOf(error) });
        this.#hadConsumer = false;
      }
      this.#hasConsumer = false;
      if (!this.#stopped) await Bun.sleep(RETRY_MS);
    }
  }

  async #makeConsumer(): Promise<Consumer> {
    const { applied, client, manager, stream } = this.parts;
    const info = await manager.consumers.add(stream, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: applied() + 1,
      inactive_threshold: nanos(UNUSED_MS),
      mem_storage: true,
      num_replicas: 1,
    });
    return client.consumers.getConsumerFromInfo(info);
  }

  /** False: the consumer is gone, or brings nothing any more. */
  async #fetch(consumer: Consumer): Promise<boolean> {
    const messages = await consumer.fetch({
      max_messages: Math.min(FETCHED, Math.floor(FETCHED_BYTES / this.#largest)),
      expires: FETCH_MS,
      idle_heartbeat: HEARTBEAT_MS,
    });
    this.#fetching = messages;
    let isGood = true;
    let largest = 0;
    const giveUp = () => {
      isGood = false;
      messages.stop();
    };
    const late = setTimeout(giveUp, FETCH_MS + LATE_MS);
    void (async () => {
      for await (const { type } of messages.status()) if (ENDS.has(type)) giveUp();
    })();
    try {
      let sliceEnds = performance.now() + SLICE_MS;
      for await (const message of messages) {
        late.refresh();
        largest = Math.max(largest, message.data.length);
        if (!this.parts.deliveries.deliver(message.seq, message.string())) return false;
        if (performance.now() > sliceEnds) {
          await new Promise(setImmediate);
          sliceEnds = performance.now() + SLICE_MS;
        }
      }
      return isGood && this.#fetching === messages;
    } finally {
      clearTimeout(late);
      messages.stop();
      this.#fetching = undefined;
      this.#largest = Math.max(largest, this.#largest / 2);
    }
  }

  #scheduleSweep(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#isSweeping) return;
    const isUrgent = !this.#hasConsumer || this.#expected > this.parts.applied();
    this.#timer = setTimeout(() => void this.#sweep(), isUrgent ? URGENT_MS : SWEEP_MS);
  }

  async #sweep(): Promise<void> {
    const { applied, deliveries } = this.parts;
    const standsStill = applied() === this.#sweptAt;
    this.#sweptAt = applied();
    if (standsStill && !deliveries.isBlocked) {
      this.#isSweeping = true;
      try {
        await this.#readDirectly(applied() + 1);
      } catch {
        // A replica that does not answer is asked again, or another one.
      }
      this.#isSweeping = false;
    }
    this.#scheduleSweep();
  }

  /** Any replica answers this, without a leader of anything. */
  async #readDirectly(from: number): Promise<void> {
    const { applied, deliveries, manager, stream } = this.parts;
    const ended = Promise.withResolvers<void>();
    let isWanted = true;
    const messages = await manager.direct.getBatch(stream, {
      seq: from,
      batch: FETCHED,
      max_bytes: SWEPT_BYTES,
      callback: (done, message) => {
        if (done) ended.resolve();
        else if (isWanted) {
          const before = applied();
          isWanted = deliveries.deliver(message.seq, message.string());
          this.swept += applied() - before;
        }
      },
    });
    const timer = setTimeout(ended.resolve, SWEEP_ANSWER_MS);
    await ended.promise;
    clearTimeout(timer);
    messages.stop();
  }
}

/** The answers of a fetch that end its consumer. */
const ENDS: ReadonlySet<string> = new Set([
  "heartbeats_missed",
  "consumer_deleted",
  "consumer_not_found",
  "no_responders",
  "stream_not_found",
]);

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
