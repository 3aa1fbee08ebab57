import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { safeParse } from "../../../src/core/protocol/safe-parse.ts";
import { builtProtocols } from "../../support/built-protocols.ts";

const schemas: [string, z.ZodType][] = [];
for (const { name, messages, events, posts } of builtProtocols()) {
  for (const [kind, schema] of Object.entries<z.ZodType>({ ...messages, ...events })) {
    schemas.push([`${name} ${kind}`, schema]);
  }
  for (const [kind, posting] of Object.entries(posts)) {
    if (posting?.schema) schemas.push([`${name} ${kind}, posted`, posting.schema]);
  }
}

const said = ({ success, data, error }: z.ZodSafeParseResult<unknown>) => ({
  success,
  data,
  issues: error?.issues,
});

const wrong = fc.oneof(
  fc.constantFrom(undefined, null, "", "*", "\ud800", 0, -1, 1.5, 2 ** 53, true, [], {}, "a".repeat(20_000)),
  fc.jsonValue(),
);

/** The example with something else in the place of one of its values, at any depth. */
function changed(example: unknown, place: number, by: unknown): unknown {
  if (typeof example !== "object" || example === null) return by;
  const keys = Object.keys(example);
  if (keys.length === 0) return by;
  const key = keys[place % keys.length]!;
  const inner = changed(Reflect.get(example, key), Math.floor(place / keys.length), by);
  return Array.isArray(example) ? example.with(Number(key), inner) : { ...example, [key]: inner };
}

describe("says what the schema itself says, of what is right and of what is wrong:", () => {
  test.each(schemas)("%s", (_, schema) => {
    const examples = (schema.meta()?.["examples"] as unknown[] | undefined) ?? [{}];
    for (const example of examples)
      expect(said(safeParse(schema, example))).toEqual(said(schema.safeParse(example)));
    fc.assert(
      fc.property(fc.constantFrom(...examples), fc.nat(), wrong, (example, place, by) => {
        const value = changed(example, place, by);
        expect(said(safeParse(schema, value))).toEqual(said(schema.safeParse(value)));
      }),
    );
  });
});

test("a schema that cannot be compiled says all the same", () => {
  interface Tree {
    readonly of: readonly Tree[];
  }
  const tree: z.ZodType<Tree> = z.lazy(() => z.object({ of: z.array(tree) }));
  for (const value of [{ of: [{ of: [] }] }, { of: [{ of: 1 }] }]) {
    expect(said(safeParse(tree, value))).toEqual(said(tree.safeParse(value)));
  }
});
