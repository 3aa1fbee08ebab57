import type { Batch } from "../../src/core/log/log.ts";
import { createTurns } from "./turns.ts";

/** A turn that has as many steps ends. */
export const TURN_STEPS = 1_024;

/** Turns of one node of a log that others append to: what the node appends is applied when a test says so. */
export function createSharedTurns() {
  const appended: string[] = [];
  const log = { shared: true, append: (batch: Batch) => void appended.push(JSON.stringify(batch)) };
  const made = createTurns({ log });
  let position = 0;
  /** True once it is committed. */
  const apply = (text: string): boolean => {
    const isApplied = made.turns.apply(position + 1, JSON.parse(text));
    if (isApplied) position++;
    return isApplied;
  };
  const entriesOf = (text: string) => (JSON.parse(text) as Batch).entries.map(({ body }) => body);
  return { ...made, appended, apply, entriesOf };
}
