import type { Apply, Batch, Log } from "./log.ts";

/** The log of one machine: what is appended is applied at once, in this process. */
export function createLocalLog(position: number, apply: Apply): Log {
  let next = position + 1;
  return {
    append(batch: Batch) {
      const first = next;
      next += batch.entries.length;
      apply(first, batch);
      return true;
    },
  };
}
