import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { split } from "../../../src/protocols/gurukul/split.ts";

describe("a text is cut at its best seam", () => {
  test.each([
    ["not at all when it fits", "Short. Enough.", 14, ["Short. Enough."]],
    ["between paragraphs first", "One two.\n\nThree\nfour. Five", 18, ["One two.", "Three\nfour. Five"]],
    ["then between lines", "One. Two three\nfour five", 20, ["One. Two three", "four five"]],
    ["then between sentences", 'He said "no." She left at once', 20, ['He said "no."', "She left at once"]],
    ["then between words", "one two three four", 10, ["one two", "three four"]],
    ["with as much in a part as fits", "aaa bbb ccc", 7, ["aaa bbb", "ccc"]],
    ["and in a word that is too long", "abcdefghij", 4, ["abcd", "efgh", "ij"]],
  ])("%s", (_, text, length, parts) => expect(split(text, length)).toEqual(parts));

  test("a seam in the first half is passed over, so that no part is tiny", () => {
    expect(split(`Hi. ${"x".repeat(30)}`, 20)).toEqual([`Hi. ${"x".repeat(16)}`, "x".repeat(14)]);
  });
});

test("an emoji is never cut in two", () => {
  expect(split("👩👩👩", 3)).toEqual(["👩", "👩", "👩"]);
});

test("blanks alone are one empty part", () => {
  expect(split("  \n ", 2)).toEqual([""]);
});

test("for any text: the parts are the text but for white space, fit, and are whole characters", () => {
  const word = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 12 }),
    fc.constantFrom("a.", "b!\n\n", " ", "\n", "\t", "👩‍👩‍👧", "é"),
  );
  const texts = fc.array(word, { maxLength: 60 }).map((words) => words.join(""));
  const inked = (text: string): string => text.replace(/\s/g, "");
  fc.assert(
    fc.property(texts, fc.integer({ min: 2, max: 40 }), (text, length) => {
      const parts = split(text, length);
      expect(inked(parts.join(""))).toBe(inked(text));
      for (const part of parts) {
        expect(part.length).toBeLessThanOrEqual(length);
        expect(part).toBe(part.trim());
        expect(part === "" && parts.length > 1).toBe(false);
        if (text.isWellFormed()) expect(part.isWellFormed()).toBe(true);
      }
    }),
    { numRuns: 2_000 },
  );
});
