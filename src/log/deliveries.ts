import { type Apply, BATCH_FORMAT, type Batch } from "../core/log/log.ts";
import type { Cancel, Clock } from "../core/ports/clock.ts";

/** A batch that could not be committed is tried again after this. */
const RETRY_MS = 100;

/** A batch as it is in the log. */
export interface StoredBatch extends Batch {
  readonly v: number;
  /** The node that took its messages. */
  readonly node: string;
}

export interface DeliveriesParts {
  readonly clock: Pick<Clock, "after" | "monotonic">;
  applied(): number;
  readonly apply: Apply;
  /** A batch was applied. */
  done(batch: StoredBatch): void;
  /** A batch has a format that only a later version reads. Nothing after it is applied. */
  tooNew(format: number): void;
}

/**
 * Applies what either way of reading the log brings: each batch once, in order, and nothing after a gap or after a batch
 * that cannot be committed.
 */
export class Deliveries {
  /** The batch that could not be committed. */
  #held: { readonly position: number; readonly batch: StoredBatch; readonly since: number } | undefined;
  #isOver = false;
  #stopped = false;
  #cancel: Cancel | undefined;
  /** Who waits until a position is applied. */
  #waiting: { readonly position: number; readonly reached: () => void }[] = [];

  constructor(private readonly parts: DeliveriesParts) {}

  /** Applies what was read at a position. False: what follows it cannot be applied now. */
  deliver(position: number, text: string): boolean {
    if (this.isBlocked) return false;
    const next = this.parts.applied() + 1;
    if (position < next) return true;
    if (position > next) return false;
    const batch: StoredBatch = JSON.parse(text);
    if (batch.v > BATCH_FORMAT) {
      this.end();
      this.parts.tooNew(batch.v);
      return false;
    }
    return this.#apply(position, batch, this.parts.clock.monotonic());
  }

  /** Nothing can be applied now: what is read is read again later. */
  get isBlocked(): boolean {
    return this.#held !== undefined || this.#isOver || this.#stopped;
  }

  /** Applies nothing more, while the node goes on. */
  end(): void {
    this.#isOver = true;
  }

  /** For how long a batch has not been committed, in milliseconds. */
  get heldMs(): number {
    return this.#held ? this.parts.clock.monotonic() - this.#held.since : 0;
  }

  #apply(position: number, batch: StoredBatch, since: number): boolean {
    if (!this.parts.apply(position, batch)) {
      this.#held = { position, batch, since };
      this.#cancel = this.parts.clock.after(RETRY_MS, () => this.#retry());
      return false;
    }
    this.#held = undefined;
    this.parts.done(batch);
    const still = this.#waiting.filter((one) => one.position > position);
    if (still.length < this.#waiting.length) {
      const reached = this.#waiting.filter((one) => one.position <= position);
      this.#waiting = still;
      for (const one of reached) one.reached();
    }
    return true;
  }

  #retry(): void {
    const held = this.#held;
    if (held && !this.#stopped && !this.#isOver) this.#apply(held.position, held.batch, held.since);
  }

  /** Resolves when everything up to this position is applied, or when nothing more will be. */
  async reached(position: number): Promise<void> {
    if (this.#stopped || this.parts.applied() >= position) return;
    await new Promise<void>((reached) => this.#waiting.push({ position, reached }));
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    for (const one of this.#waiting) one.reached();
    this.#waiting = [];
  }
}
