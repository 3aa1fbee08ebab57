import { expect, test } from "bun:test";
import fc from "fast-check";
import { changed, isInsideCharacter } from "../../packages/client/src/change.ts";
import { difference } from "../../packages/client/src/difference.ts";

// The first two of the long ones begin alike, the first and the last end alike.
const text = fc
  .array(fc.constantFrom("a", "b", "c", "𝄞", "𝄢", "𝔞"), { maxLength: 40 })
  .map((all) => all.join(""));

test("the changes make one text of the other, and none is inside a character", () => {
  fc.assert(
    fc.property(text, text, (before, after) => {
      let now = before;
      for (const change of difference(before, after)) {
        expect(isInsideCharacter(now, change.position)).toBe(false);
        expect(isInsideCharacter(now, change.position + change.length)).toBe(false);
        now = changed(now, change);
      }
      expect(now).toBe(after);
    }),
  );
});

test("what stays is not touched", () => {
  expect(difference("one two three", "one 2 three 4")).toEqual([
    { position: 4, length: 3, content: "2" },
    { position: 11, length: 0, content: " 4" },
  ]);
});

test("texts with nothing in common are replaced", () => {
  const [before, after] = ["a".repeat(5_000), "b".repeat(5_000)];
  expect(difference(before, after)).toEqual([{ position: 0, length: 5_000, content: after }]);
});
