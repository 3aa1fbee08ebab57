import { expect, test } from "bun:test";
import fc from "fast-check";
import { rebase, type Splice } from "../../../src/protocols/atomic/rebase.ts";

const splice = (position: number, length: number, inserted = 0): Splice => ({ position, length, inserted });
const [typed, cut] = [(at: number, units: number) => splice(at, 0, units), splice];

test("what nobody has changed since stays as it was", () => {
  for (const one of [typed(3, 2), cut(3, 2), splice(3, 2, 4)]) expect(rebase(one, [])).toEqual([one]);
});

test("text moves with what comes and goes left of it, and stays with what does right of it", () => {
  expect(rebase(typed(5, 1), [typed(2, 3)])).toEqual([typed(8, 1)]);
  expect(rebase(typed(5, 1), [cut(2, 3)])).toEqual([typed(2, 1)]);
  expect(rebase(typed(5, 1), [typed(6, 3), cut(5, 3), splice(7, 1, 1)])).toEqual([typed(5, 1)]);
  expect(rebase(typed(5, 1), [typed(0, 1), typed(1, 1), cut(0, 4)])).toEqual([typed(3, 1)]);
});

test("where two texts meet, the earlier stays left, also when it replaces something", () => {
  expect(rebase(typed(5, 1), [typed(5, 3)])).toEqual([typed(8, 1)]);
  expect(rebase(typed(5, 1), [splice(5, 2, 3)])).toEqual([typed(8, 1)]);
  expect(rebase(splice(5, 2, 1), [typed(5, 3)])).toEqual([splice(8, 2, 1)]);
  expect(rebase(splice(5, 4, 1), [splice(5, 2, 3)])).toEqual([splice(8, 2, 1)]);
});

test("text in the middle of what is gone goes in where that was", () => {
  expect(rebase(typed(5, 1), [cut(3, 4)])).toEqual([typed(3, 1)]);
  expect(rebase(typed(5, 1), [splice(3, 4, 2)])).toEqual([typed(5, 1)]);
});

test("a deletion takes only what is left of what its author saw", () => {
  expect(rebase(cut(2, 6), [cut(0, 3)])).toEqual([cut(0, 5)]);
  expect(rebase(cut(2, 6), [cut(4, 2)])).toEqual([cut(2, 4)]);
  expect(rebase(cut(2, 6), [cut(6, 4)])).toEqual([cut(2, 4)]);
  expect(rebase(cut(2, 6), [splice(1, 8, 5)])).toEqual([]);
});

test("a deletion falls into several where text came in between, from right to left", () => {
  expect(rebase(cut(2, 6), [typed(2, 1), typed(9, 1)])).toEqual([cut(3, 6)]);
  expect(rebase(cut(2, 6), [typed(4, 1), typed(7, 2)])).toEqual([cut(9, 2), cut(5, 2), cut(2, 2)]);
  expect(rebase(cut(2, 6), [splice(3, 2, 3)])).toEqual([cut(6, 3), cut(2, 1)]);
});

test("the text of a replacement goes in left of all that it takes away, even when nothing is left of that", () => {
  expect(rebase(splice(2, 6, 9), [typed(4, 1)])).toEqual([cut(5, 4), splice(2, 2, 9)]);
  expect(rebase(splice(2, 6, 9), [cut(0, 10)])).toEqual([typed(0, 9)]);
  expect(rebase(splice(2, 6, 9), [typed(4, 1), cut(2, 2)])).toEqual([cut(3, 4), typed(2, 9)]);
});

/** Splices one after another, each within the text that the ones before have left. */
const history = fc.array(fc.tuple(fc.nat(40), fc.nat(12), fc.nat(6)), { maxLength: 12 }).map((wishes) => {
  let units = START.length;
  return wishes.map(([at, most, inserted]): Splice => {
    const position = at % (units + 1);
    const length = Math.min(most, units - position);
    units += inserted - length;
    return { position, length, inserted };
  });
});
/** Every unit of a text is another, so that each can be followed. */
const START = Array.from({ length: 20 }, (_, index) => `start ${index}`);

function apply(text: readonly string[], splices: readonly Splice[], author: string): string[] {
  const units = [...text];
  for (const [index, { position, length, inserted }] of splices.entries()) {
    const content = Array.from({ length: inserted }, (_, unit) => `${author} ${index} ${unit}`);
    units.splice(position, length, ...content);
  }
  return units;
}

test("after any earlier edits, an edit takes what its author meant and nothing else, and its text keeps its neighbours", () => {
  const property = fc.property(history, fc.nat(20), fc.nat(20), fc.nat(3), (earlier, at, most, inserted) => {
    const position = at % (START.length + 1);
    const length = Math.min(most, START.length - position);
    const now = apply(START, earlier, "earlier");
    const splices = rebase({ position, length, inserted }, earlier);
    for (const one of splices) expect(one.length + one.inserted).toBeGreaterThan(0);
    const after = apply(now, splices, "own");
    const meant = START.slice(position, position + length);
    const own = (unit: string) => unit.startsWith("own");
    expect(after.filter((unit) => !own(unit))).toEqual(now.filter((unit) => !meant.includes(unit)));

    const text = after.filter(own);
    expect(text).toHaveLength(inserted);
    if (inserted === 0) return;
    const start = after.findIndex(own);
    expect(after.slice(start, start + inserted)).toEqual(text);
    for (const unit of START.slice(0, position)) expect(after.indexOf(unit)).toBeLessThan(start);
    for (const unit of START.slice(position)) {
      if (after.includes(unit)) expect(after.indexOf(unit)).toBeGreaterThan(start);
    }
  });
  fc.assert(property, { numRuns: 2_000 });
});
