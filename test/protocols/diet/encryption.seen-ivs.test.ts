import { expect, test } from "bun:test";
import fc from "fast-check";
import { SeenIvs } from "../../../src/protocols/diet/encryption/seen-ivs.ts";

/** Ivs that are alike and come again: all zeros, counters, most with two words in common. */
const word = fc.constantFrom(0, 1, 2, 3, 4, 5, 0x8000_0000, 0xffff_ffff);
const iv = fc.tuple(word, word, word).map((words) => {
  const bytes = Buffer.alloc(12);
  for (const [at, value] of words.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
});

test("it knows what was added, all of it and nothing else", () => {
  fc.assert(
    fc.property(fc.array(iv, { maxLength: 300 }), fc.array(iv, { maxLength: 50 }), (added, asked) => {
      const seen = new SeenIvs();
      const model = new Set<string>();
      for (const iv of added) {
        expect(seen.has(iv)).toBe(model.has(iv.toString("hex")));
        seen.add(iv);
        model.add(iv.toString("hex"));
        expect(seen.has(iv)).toBe(true);
        expect(seen.size).toBe(model.size);
      }
      for (const iv of [...added, ...asked]) expect(seen.has(iv)).toBe(model.has(iv.toString("hex")));
    }),
  );
});

test("it holds as many as a key takes", () => {
  const seen = new SeenIvs();
  const numbered = (n: number) => {
    const bytes = Buffer.alloc(12);
    bytes.writeUInt32BE(n, 8);
    return bytes;
  };
  for (let n = 0; n < 8_192; n++) seen.add(numbered(n));
  expect(seen.size).toBe(8_192);
  for (let n = 0; n < 16_384; n++) expect(seen.has(numbered(n))).toBe(n < 8_192);
});
