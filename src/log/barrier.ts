import { JetStreamApiError, type JetStreamClient } from "@nats-io/jetstream";
import { ACK_MS, FULL } from "./appender.ts";
import type { StoredBatch } from "./deliveries.ts";

const RETRY_MS = 100;
/** How long a client waits for its node to catch up before it is told to try again. */
const CATCH_UP_MS = 5_000;
/** Those who ask within this share one batch. */
const TOGETHER_MS = 20;

export interface BarrierParts {
  readonly client: JetStreamClient;
  readonly subject: string;
  readonly node: string;
  writeLevel(): number;
  /** The end of the log, as one server says; undefined when none says it. */
  look(): Promise<number | undefined>;
  /** Resolves when everything up to this position is applied. */
  reached(position: number): Promise<void>;
  /** Nothing more will be applied. */
  isOver(): boolean;
}

/** Waits until this node has applied what the log holds at a moment. */
export class Barrier {
  #coming: Promise<void> | undefined;
  #seeing: Promise<boolean> | undefined;

  constructor(private readonly parts: BarrierParts) {}

  /**
   * Resolves when everything is applied up to the end that one server says. A leader that was cut off from the other
   * servers, or stood still, may not know yet that they have another one, and say an old end.
   */
  seen(): Promise<void> {
    return this.#pass(this.parts.look);
  }

  /** Resolves to whether that was in some seconds. One request to the servers is for all that ask within a moment. */
  seenInTime(): Promise<boolean> {
    // It is sent after the last of them has asked.
    this.#seeing ??= Bun.sleep(TOGETHER_MS).then(() => {
      this.#seeing = undefined;
      return Promise.race([
        this.seen().then(() => !this.parts.isOver()),
        Bun.sleep(CATCH_UP_MS).then(() => false),
      ]);
    });
    return this.#seeing;
  }

  /**
   * Resolves when everything is applied that was confirmed to anybody when it was called. For that it appends an empty
   * batch: what comes behind all others only a majority of the servers can say.
   */
  passed(): Promise<void> {
    this.#coming ??= Bun.sleep(TOGETHER_MS).then(() => {
      this.#coming = undefined;
      return this.#pass(() => this.#mark());
    });
    return this.#coming;
  }

  async #pass(end: () => Promise<number | undefined>): Promise<void> {
    while (!this.parts.isOver()) {
      const last = await end();
      if (last !== undefined) return this.parts.reached(last);
      await Bun.sleep(RETRY_MS);
    }
  }

  /** The position of an empty batch. A log that is full takes none, and has no later end than the one it says. */
  async #mark(): Promise<number | undefined> {
    const { client, look, node, subject, writeLevel } = this.parts;
    const batch: StoredBatch = { v: writeLevel(), id: crypto.randomUUID(), node, entries: [] };
    try {
      return (await client.publish(subject, JSON.stringify(batch), { timeout: ACK_MS })).seq;
    } catch (error) {
      return error instanceof JetStreamApiError && error.code === FULL ? look() : undefined;
    }
  }
}
