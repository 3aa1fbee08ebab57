import fc from "fast-check";
import type { Entry } from "../../src/core/protocol/entry.ts";
import type { createApplying } from "./applying.ts";

/** How a log falls into turns: how long each is, and whether the server restarts after it, or it fails at first. */
export const turns = fc.array(
  fc.record({
    length: fc.integer({ min: 1, max: 8 }),
    after: fc.constantFrom("on" as const, "restart" as const, "fail" as const),
  }),
);
export type Turns = typeof turns extends fc.Arbitrary<infer T> ? T : never;

/** Applies a log in such turns, and what is left of it in a last one. */
export function applyLog(applying: ReturnType<typeof createApplying>, log: readonly Entry[], cut: Turns) {
  const outcomes = [];
  let at = 0;
  for (const { length, after } of [...cut, { length: log.length, after: "on" }]) {
    const batch = log.slice(at, at + length);
    at += batch.length;
    if (batch.length === 0) break;
    if (after === "fail") applying.failedTurn(...batch);
    outcomes.push(...applying.turn(...batch));
    if (after === "restart") applying.restart();
  }
  return { outcomes, applying };
}
