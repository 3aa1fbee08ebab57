import type { Apply, Log } from "./log.ts";

/** The log of one process: a batch is applied within the call that appends it. */
export function createLocalLog(applied: () => number, apply: Apply): Log {
  return {
    shared: false,
    append(batch) {
      // A batch whose commit failed was never in the log: the next one takes its position.
      apply(applied() + 1, batch);
    },
  };
}
