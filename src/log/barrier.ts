import { JetStreamApiError, type JetStreamClient } from "@nats-io/jetstream";
import { ACK_MS, FULL } from "./appender.ts";
import type { StoredBatch } from "./deliveries.ts";

const RETRY_MS = 100;
/** How long a client waits for its node to catch up before it is told to try again. */
const CATCH_UP_MS = 5_000;
/** Callers within this time share one request or batch. */
const TOGETHER_MS = 20;

export interface BarrierParts {
  readonly client: JetStreamClient;
  readonly subject: string;
  readonly node: string;
  writeLevel(): number;
  /** The end of the log, as one server says; undefined when none answers. */
  end(): Promise<number | undefined>;
  /** Resolves when everything up to this position is applied. */
  reached(position: number): Promise<void>;
  /** Nothing more will be applied. */
  isOver(): boolean;
}

/** Waits until this node has applied what the log holds at a moment. */
export class Barrier {
  #passing: Promise<void> | undefined;
  #catchingUp: Promise<boolean> | undefined;

  constructor(private readonly parts: BarrierParts) {}

  /**
   * Resolves when everything is applied up to the end that one server says. A leader that was cut off from the other
   * servers, or stalled, may not know yet that they have elected another one, and say an old end.
   */
  caughtUp(): Promise<void> {
    return this.#pass(this.parts.end);
  }

  /** The same, and resolves to whether it took less than some seconds. Callers within a moment share one request. */
  caughtUpInTime(): Promise<boolean> {
    // The request is sent after the last of them has called.
    this.#catchingUp ??= Bun.sleep(TOGETHER_MS).then(() => {
      this.#catchingUp = undefined;
      return Promise.race([
        this.caughtUp().then(() => !this.parts.isOver()),
        Bun.sleep(CATCH_UP_MS).then(() => false),
      ]);
    });
    return this.#catchingUp;
  }

  /**
   * Resolves when everything is applied that any node had confirmed when it was called. For that it appends an empty
   * batch: only a majority of the servers knows where the log ends.
   */
  passed(): Promise<void> {
    this.#passing ??= Bun.sleep(TOGETHER_MS).then(() => {
      this.#passing = undefined;
      return this.#pass(() => this.#appendEmpty());
    });
    return this.#passing;
  }

  async #pass(end: () => Promise<number | undefined>): Promise<void> {
    while (!this.parts.isOver()) {
      const last = await end();
      if (last !== undefined) return this.parts.reached(last);
      await Bun.sleep(RETRY_MS);
    }
  }

  /** Appends an empty batch and returns its position. A full log takes none, and cannot have grown beyond the end it says. */
  async #appendEmpty(): Promise<number | undefined> {
    const { client, end, node, subject, writeLevel } = this.parts;
    const batch: StoredBatch = { v: writeLevel(), id: crypto.randomUUID(), node, entries: [] };
    try {
      return (await client.publish(subject, JSON.stringify(batch), { timeout: ACK_MS })).seq;
    } catch (error) {
      return error instanceof JetStreamApiError && error.code === FULL ? end() : undefined;
    }
  }
}
