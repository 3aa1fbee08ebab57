import { expect, test } from "bun:test";
import fc from "fast-check";
import { Text } from "../../../src/protocols/atomic/text.ts";

const change = fc.record({
  where: fc.nat(100_000),
  length: fc.oneof(fc.nat(20), fc.nat(9_000)),
  inserted: fc.oneof(fc.nat(20), fc.nat(9_000)),
});

/** So many units, each easily told from its neighbours. */
const units = (seed: number, length: number): string =>
  String.fromCharCode(...Array.from({ length }, (_, index) => 0x100 + ((seed + index) % 5_000)));

test("a text in pieces is what a text in one piece would be, and can be read anywhere", () => {
  const property = fc.property(fc.nat(9_000), fc.array(change, { maxLength: 60 }), (start, changes) => {
    let plain = units(0, start);
    const text = new Text(plain);
    for (const [index, { where, length, inserted }] of changes.entries()) {
      const position = where % (plain.length + 1);
      const removed = Math.min(length, plain.length - position);
      const content = units(index * 777, inserted);
      text.splice(position, removed, content);
      plain = plain.slice(0, position) + content + plain.slice(position + removed);
      expect(text.length).toBe(plain.length);
      for (const from of [position - 1, position + inserted - 1, where % 5_000, 0, plain.length - 1]) {
        const end = from + 1 + (where % 7_000);
        if (from >= 0) expect(text.slice(from, end) === plain.slice(from, end)).toBe(true);
      }
    }
    expect(text.toString() === plain).toBe(true);
  });
  fc.assert(property, { numRuns: 100 });
});
