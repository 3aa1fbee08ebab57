import { expect, test } from "bun:test";
import fc from "fast-check";
import { type Count, countValue, MAX_VALUES, rankOf } from "../../../src/protocols/hyperfocus/rank.ts";
import { StoredMap } from "../../../src/protocols/hyperfocus/stored-map.ts";

/** The place of each gift of these values when it comes. */
function ranks(values: readonly number[], counts = new StoredMap<Count>("value", new Map())): number[] {
  return values.map((value) => {
    const rank = rankOf(counts.values(), value);
    countValue(counts, value);
    return rank;
  });
}

test("a gift's place is 1 and one more for each gift of greater value before it", () => {
  expect(ranks([10, 5, 10, 7.5, 20, 0])).toEqual([1, 2, 1, 3, 1, 6]);
});

test("for any values: the place is what counting all of them says", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 })), (values) => {
      const counted = values.map(
        (value, at) => 1 + values.slice(0, at).filter((other) => other > value).length,
      );
      expect(ranks(values)).toEqual(counted);
    }),
  );
});

test("of a stream with more values than are told apart, the places of the greatest stay exact", () => {
  const counts = new StoredMap<Count>("value", new Map());
  ranks(
    Array.from({ length: 3 * MAX_VALUES }, (_, n) => (n * 7_919) % 100_003),
    counts,
  );
  expect(counts.size).toBe(MAX_VALUES);
  const greatest = [...counts.values()].map(({ value }) => value).sort((a, b) => b - a);
  expect(rankOf(counts.values(), greatest[0]! + 1)).toBe(1);
  expect(rankOf(counts.values(), greatest[500]!)).toBe(501);
  expect(rankOf(counts.values(), 0)).toBe(3 * MAX_VALUES + 1);
});
