import type { Entry } from "../protocol/entry.ts";

/** The entries of one turn of one node. */
export interface Batch {
  readonly id: number;
  readonly entries: readonly Entry[];
}

/** Called for each batch in log order; `position` is that of its first entry, and leaves no gap. */
export type Apply = (position: number, batch: Batch) => void;

export interface Log {
  /**
   * Queues a batch. Never waits and never throws: true once it is queued, after which the sender hears
   * only of the result of applying; false when the queue is full.
   */
  append(batch: Batch): boolean;
}
