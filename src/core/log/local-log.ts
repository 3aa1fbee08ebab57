import type { Apply, Batch, Log } from "./log.ts";

/** The log of one machine: what is appended is applied at once, in this process. */
export function createLocalLog(applied: () => number, apply: Apply): Log {
  return {
    append(batch: Batch) {
      // Not counted here: a batch whose commit failed was never in the log, and its positions are free.
      apply(applied() + 1, batch);
      return true;
    },
  };
}
