import type { NewEvent } from "../../src/core/ports/store.ts";
import { type Removal, startRetention } from "../../src/storage/retention.ts";
import { FakeClock } from "./fake-clock.ts";
import { createTestStore, event } from "./stored.ts";
import { trimming } from "./trimming.ts";

export const DAY = 86_400_000;
export const SECOND = 1_000;
export const START = Date.UTC(2026, 0, 1);

/** A store whose history is kept for a number of days, at midnight of the first of January. */
export function createRetained(days: number) {
  const clock = new FakeClock(START);
  const made = createTestStore();
  const failures: unknown[] = [];
  const removals: Removal[] = [];
  /** Nodes before this one. */
  const ranks = { before: 0 };
  const stop = startRetention(made.database, clock, {
    ...{ days, ...trimming(made.database) },
    failed: (error) => failures.push(error),
    removed: (removal) => removals.push(removal),
    rank: () => ranks.before,
  });
  const offsets = (room = "chat:1") =>
    made.store.page(room, { kind: "message", limit: 1_000 }).map((stored) => stored.offset);
  return { ...made, clock, failures, ranks, removals, stop, offsets };
}

/** An event that is so old at midnight. */
export const said = (offset: number, age: number, more: Partial<NewEvent> = {}) =>
  event(offset, { time: START - age, ...more });
