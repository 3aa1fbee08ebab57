import type { Entry } from "../protocol/entry.ts";

/**
 * The newest format of a batch and of what is in it, where several nodes share a log. This version reads all formats up
 * to it, and writes the newest that all live nodes read.
 */
export const BATCH_FORMAT = 1;

/** The entries of one turn of one node, or of several turns that waited for the one before. */
export interface Batch {
  /** Unique, and the same when the batch is appended again. */
  readonly id: string;
  readonly entries: readonly Entry[];
}

/**
 * Called for each batch in log order. Positions count batches from 1, without a gap. False: the batch could not be
 * committed, so the log must come with the same one again and with nothing after it.
 */
export type Apply = (position: number, batch: Batch) => boolean;

/** What applied batches come from, in one order. */
export interface Log {
  /**
   * Other nodes append to it too. Then a batch is applied some time after it was appended, and as everybody reads it:
   * parsed from its text. A log in this process applies what it is given before `append` returns.
   */
  readonly shared: boolean;
  /** Appends a batch. Never waits and never throws. At most one is on its way. */
  append(batch: Batch): void;
  /** Resolves when everything is applied here that was in the log at the call. A log in this process needs none. */
  barrier?(): Promise<void>;
  /**
   * Undefined while this node has applied the log, as far as it knows. Otherwise resolves, after some seconds at the
   * most, to whether it has applied what the log held at the call. `inDoubt`: also while the node cannot know, because
   * it does not hear of the log.
   */
  catchUp?(inDoubt: boolean): Promise<boolean> | undefined;
}
