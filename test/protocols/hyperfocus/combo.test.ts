import { expect, test } from "bun:test";
import { type Combo, nextCombo } from "../../../src/protocols/hyperfocus/combo.ts";

/** The counts that gifts at these times make, in milliseconds. */
function counts(...times: number[]): number[] {
  let last: Omit<Combo, "offset"> | undefined;
  return times.map((time) => {
    last = nextCombo(last, time);
    return last.count;
  });
}

test("a combo goes on as long as each gift comes within five seconds of the one before", () => {
  expect(counts(0, 5_000, 10_000, 10_000, 15_001, 15_002)).toEqual([1, 2, 3, 4, 1, 2]);
});

test("what a backend counts is kept, and counted on from", () => {
  const given = nextCombo({ count: 1, time: 0 }, 1_000, 7);
  expect(given.count).toBe(7);
  expect(nextCombo(given, 2_000).count).toBe(8);
});

test("a clock that was set back an hour does not make one combo of all that hour", () => {
  expect(counts(3_600_000, 0, 1_000)).toEqual([1, 1, 2]);
});
