// The global of that name is a getter: it took longer than the counting.
import { Buffer } from "node:buffer";
import type { Connection } from "./connection.ts";

/** Bytes that may leave between two sweeps. */
const BUDGET = 512 * 1024;
/** The longest frame header. Many tiny frames are mostly headers, which the count of payload bytes leaves out. */
const FRAME_HEAD = 10;
export const SWEEP_MS = 50;

/**
 * The guard that keeps "no message is ever skipped on a connection that stays open" and bounds memory.
 *
 * Bun silently drops what would pass a socket's limit, so that limit must never be reached: after a sweep
 * every open socket is under the soft limit, and no more than the budget and the message that passes it can
 * be added before the next. `hardLimit` is above both. It is set with `closeOnBackpressureLimit`, the fuse
 * that must never blow.
 */
export class BackpressureGuard {
  #unswept = 0;

  constructor(
    private readonly softLimit: number,
    private readonly connections: () => Iterable<Connection>,
    private readonly tooSlow: (connection: Connection) => void,
  ) {}

  /** Counts a frame that was published or sent, once, however many get it. */
  spent = (frame: string): void => {
    this.#unswept += Buffer.byteLength(frame) + FRAME_HEAD;
    if (this.#unswept >= BUDGET) this.sweep();
  };

  /** Closes every connection over the limit. Does nothing when nothing was sent since the last time. */
  sweep(): void {
    if (this.#unswept === 0) return;
    this.#unswept = 0;
    for (const connection of this.connections()) {
      if (connection.open && connection.unsent() > this.softLimit) this.tooSlow(connection);
    }
  }
}

/** Bun's `backpressureLimit` for a soft limit and the largest frame that is ever sent, in bytes. */
export const hardLimit = (softLimit: number, largestFrame: number): number =>
  softLimit + BUDGET + 2 * largestFrame;
