import { JetStreamApiError, type JetStreamClient } from "@nats-io/jetstream";
import { Histogram } from "../core/log/histogram.ts";
import type { Batch } from "../core/log/log.ts";
import { Refusal } from "../core/protocol/refusal.ts";
import type { StoredBatch } from "./deliveries.ts";

/** A server that has not acknowledged a batch after this is asked again. */
export const ACK_MS = 2_000;
const RETRY_MS = 100;
/** Headers count too. */
const HEADERS = 1_024;
/** The log has reached its `max_bytes`. */
export const FULL = 10077;
const FULL_RETRY_MS = 1_000;
/**
 * A batch that is older is not appended again: its messages may have come to the log through another node meanwhile. What
 * was sent of it may still get there, so nobody is told no: its clients are sent away, and say it again.
 */
const STALE_MS = 60_000;
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const ENTRIES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024];
const BYTES = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304];

export interface AppenderParts {
  readonly client: JetStreamClient;
  readonly subject: string;
  readonly node: string;
  /** The newest format that all nodes read. */
  writeLevel(): number;
  /** The largest message that the servers take, in bytes. */
  readonly maxPayload: number;
  /** Resolves when everything is applied that the log held when it was called. */
  barrier(): Promise<void>;
  /** The log has a batch at this position. */
  acknowledged(position: number): void;
  /** A batch is certainly not in the log. */
  refuse(id: string, refusal: Refusal): void;
  note(line: string, context: Record<string, unknown>): void;
  /** Milliseconds of a clock that never runs back. */
  now(): number;
}

/**
 * Appends the batches of this node, one at a time. With several in flight a retry would change their order. One whose
 * acknowledgement is missing is appended again only when the log was applied up to its end and the batch was not in it.
 */
export class Appender {
  #pending: { readonly id: string; readonly began: number } | undefined;
  #stopped = false;
  /** Rejects when a connection was lost, and acknowledgements with it: otherwise only their time-out would tell. */
  #reconnected = Promise.withResolvers<never>();
  retries = 0;
  refused = 0;
  /** Seconds until a batch of this node was applied here. */
  readonly appended = new Histogram(SECONDS);
  /** In each batch of this node. */
  readonly entries = new Histogram(ENTRIES);
  readonly bytes = new Histogram(BYTES);
  /** The log is full. */
  isFull = false;

  constructor(private readonly parts: AppenderParts) {
    this.#reconnected.promise.catch(() => {});
  }

  append(batch: Batch): void {
    const stored: StoredBatch = {
      v: this.parts.writeLevel(),
      id: batch.id,
      node: this.parts.node,
      entries: batch.entries,
    };
    const payload = new TextEncoder().encode(JSON.stringify(stored));
    this.entries.observe(batch.entries.length);
    this.bytes.observe(payload.length);
    this.#pending = { id: batch.id, began: this.parts.now() };
    void this.#publish(batch.id, payload);
  }

  /** A batch was applied, whichever node appended it. */
  applied(id: string): void {
    if (this.#pending?.id !== id) return;
    this.appended.observe(this.#ageMs / 1_000);
    this.#pending = undefined;
  }

  reconnected(): void {
    const { reject } = this.#reconnected;
    this.#reconnected = Promise.withResolvers();
    this.#reconnected.promise.catch(() => {});
    reject(new Error("the connection was lost"));
  }

  stop(): void {
    this.#stopped = true;
  }

  get #ageMs(): number {
    return this.parts.now() - (this.#pending?.began ?? 0);
  }

  #isPending(id: string): boolean {
    return this.#pending?.id === id && !this.#stopped;
  }

  async #publish(id: string, payload: Uint8Array): Promise<void> {
    const { acknowledged, barrier, client, maxPayload, note, subject } = this.parts;
    if (payload.length + HEADERS > maxPayload) {
      // Not before `append` has returned.
      await null;
      this.#refuse(id, new Refusal("too_long", "too much at once"));
      return;
    }
    let isInDoubt = false;
    for (let attempt = 1; this.#isPending(id); attempt++) {
      try {
        const acknowledgement = client.publish(subject, payload, { msgID: id, timeout: ACK_MS });
        const { seq } = await Promise.race([acknowledgement, this.#reconnected.promise]);
        if (this.isFull) note("the log takes messages again", {});
        this.isFull = false;
        acknowledged(seq);
        return;
      } catch (error) {
        this.retries++;
        const isFull = error instanceof JetStreamApiError && error.code === FULL;
        if (isFull) {
          if (!this.isFull) note("the log is full: senders are told to try again", { bytes: payload.length });
          this.isFull = true;
          // An earlier attempt may be in the log all the same; then it is applied, and never refused.
          if (!isInDoubt) {
            this.#refuse(id, new Refusal("busy", "busy", { retryAfter: FULL_RETRY_MS }));
            return;
          }
        } else isInDoubt = true;
        if (attempt === 1)
          note("a batch was not acknowledged", {
            why: error instanceof Error ? error.message : String(error),
          });
      }
      await Bun.sleep(RETRY_MS);
      if (this.#isPending(id)) await barrier();
      if (this.#ageMs > STALE_MS) this.#refuse(id, new Refusal("server_restart"));
    }
  }

  #refuse(id: string, refusal: Refusal): void {
    if (!this.#isPending(id)) return;
    this.#pending = undefined;
    this.refused++;
    this.parts.refuse(id, refusal);
  }
}
