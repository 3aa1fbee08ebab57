import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseObject } from "../../../src/core/protocol/json.ts";
import { Refusal } from "../../../src/core/protocol/refusal.ts";

/** Why it was refused; undefined when it was not. */
function refusedAs(frame: string): string | undefined {
  try {
    parseObject(frame);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.reason;
    throw error;
  }
}

const nested = (levels: number): string => `${'{"a":'.repeat(levels - 1)}{}${"}".repeat(levels - 1)}`;
const nestedLists = (levels: number): string => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;

describe("what is no JSON is refused as such", () => {
  test.each([
    ["nothing", ""],
    ["a brace", "{"],
    ["a word", "hello"],
    ["two objects", "{}{}"],
    ["a comma too many", '{"a":1,}'],
    ["NaN", '{"a":NaN}'],
    ["a raw newline in a string", '{"a":"\n"}'],
  ])("%s", (_, frame) => expect(refusedAs(frame)).toBe("not_json"));
});

describe("JSON that is no object is refused as no envelope", () => {
  test.each(["null", "true", "17", '"text"', "[]", '[{"type":"ping"}]'])("%s", (frame) =>
    expect(refusedAs(frame)).toBe("bad_envelope"),
  );
});

describe("depth", () => {
  test.each([
    ["objects", nested],
    ["lists", nestedLists],
  ])("32 levels of %s pass, and one more does not", (_, make) => {
    expect(parseObject(make(32))).toEqual(JSON.parse(make(32)));
    expect(refusedAs(make(33))).toBe("not_json");
  });

  test("many objects side by side are not deep", () => {
    const wide = `{"a":[${Array(1_000).fill('{"b":[]}').join(",")}]}`;
    expect(parseObject(wide)).toEqual(JSON.parse(wide));
  });

  test("brackets in a text are not depth, also beside quotes", () => {
    const text = `${'\\"{['.repeat(100)}\\\\`;
    expect(parseObject(JSON.stringify({ [text]: text }))).toEqual({ [text]: text });
  });

  test("a million brackets are refused like thirty-three", () => {
    for (const bracket of ["[", "{", '{"a":', '{"a":['])
      expect(refusedAs(bracket.repeat(1_000_000))).toBe("not_json");
  });
});

test("names of the prototype are keys like any other, and reach no prototype", () => {
  const frame = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":2}';
  const parsed = parseObject(frame);
  expect(Object.keys(parsed)).toEqual(["__proto__", "constructor", "toString"]);
  expect("polluted" in {}).toBe(false);
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
});

describe("for any frame", () => {
  const depthOf = (value: unknown): number =>
    typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  const bits = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"',
    "\\",
    ":",
    ",",
    '"a"',
    "1",
    "null",
    " ",
    "\ud800",
    "é",
  );
  const broken = fc.array(bits, { maxLength: 120 }).map((all) => all.join(""));
  const damaged = fc
    .tuple(fc.json({ maxDepth: 6 }), fc.nat(), bits)
    .map(
      ([json, at, bit]) => json.slice(0, at % (json.length + 1)) + bit + json.slice(at % (json.length + 1)),
    );
  const deep = fc.integer({ min: 28, max: 36 }).chain((levels) =>
    fc.array(fc.boolean(), { minLength: levels, maxLength: levels }).map((kinds) => {
      const open = kinds.map((list) => (list ? "[" : '{"[":'));
      const close = kinds.map((list) => (list ? "]" : "}")).reverse();
      return `${open.join("")}"}]"${close.join("")}`;
    }),
  );

  test("the answer is the object that JSON.parse sees, or a refusal and nothing else", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json(), broken, damaged, deep), (frame) => {
        let expected: unknown;
        try {
          expected = JSON.parse(frame);
        } catch {
          return expect(refusedAs(frame)).toBe("not_json");
        }
        if (depthOf(expected) > 32) expect(refusedAs(frame)).toBe("not_json");
        else if (depthOf(expected) === 0 || Array.isArray(expected))
          expect(refusedAs(frame)).toBe("bad_envelope");
        else expect(parseObject(frame)).toEqual(expected as Record<string, unknown>);
      }),
      { numRuns: 3_000 },
    );
  });
});
