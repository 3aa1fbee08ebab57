import { expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { id } from "../../../src/core/protocol/identifiers.ts";
import { safeParse } from "../../../src/core/protocol/safe-parse.ts";

const published = new RegExp(String(z.toJSONSchema(id).pattern), "u");

test("an id is accepted exactly where the published pattern matches, for every character", () => {
  for (let code = 0; code <= 0xffff; code++) {
    const char = String.fromCharCode(code);
    for (const text of [char, `a${char}`, `ab${char}`]) {
      expect(`${code} ${safeParse(id, text).success}`).toBe(`${code} ${published.test(text)}`);
    }
  }
});

test("an id is accepted exactly where the published pattern matches, for any text and length", () => {
  const text = fc.oneof(
    fc.constantFrom(
      "",
      "*",
      "**",
      "a*",
      "a".repeat(128),
      "a".repeat(129),
      "😀".repeat(128),
      "😀".repeat(129),
    ),
    fc.string({ maxLength: 140 }),
    fc.string({ unit: "binary", maxLength: 140 }),
  );
  fc.assert(fc.property(text, (text) => safeParse(id, text).success === published.test(text)));
});
