import { expect, test } from "bun:test";
import { z } from "zod";
import { fieldsOf } from "../../src/describe/fields.ts";
import { jsonSchema } from "../../src/describe/schema.ts";

const lines = (schema: z.ZodType) =>
  fieldsOf(jsonSchema(schema, "draft-7")).map(({ path, required, type, limits }) =>
    [path, required ? "" : "?", `: ${type}`, limits && ` (${limits})`].join(""),
  );

test("fields are named by their path, at any depth", () => {
  const item = z.object({ id: z.string(), tags: z.array(z.string()).max(3).optional() });
  expect(lines(z.object({ data: z.object({ items: z.array(item).min(1) }), at: z.iso.datetime() }))).toEqual([
    "data: object",
    "data.items: list of object (not empty)",
    "data.items[].id: string",
    "data.items[].tags?: list of string (at most 3 of them)",
    "at: string (date-time)",
  ]);
});

test("a field says what it may be", () => {
  const shape = {
    kind: z.literal("a"),
    role: z.enum(["x", "y"]).default("x"),
    count: z.int(),
    share: z.number().min(0).max(1).nullable(),
    word: z.string().min(2).max(64).optional(),
    any: z.unknown(),
  };
  expect(lines(z.object(shape))).toEqual([
    'kind: "a"',
    'role?: "x" or "y" ("x" by default)',
    "count: integer",
    "share: number or null",
    "word?: string (at least 2 characters, at most 64 characters)",
    "any: anything",
  ]);
});

test("of alternatives there are the fields of all; only what all of them need is required", () => {
  const insert = z.object({ operation: z.literal("insert"), content: z.string(), at: z.int() });
  const remove = z.object({ operation: z.literal("delete"), at: z.int() });
  expect(lines(z.discriminatedUnion("operation", [insert, remove]))).toEqual([
    'operation: "insert" or "delete"',
    "content?: string",
    "at: integer",
  ]);
});

test("of what is two things at once there are the fields of both", () => {
  expect(lines(z.object({ type: z.literal("auth") }).and(z.object({ token: z.string() })))).toEqual([
    'type: "auth"',
    "token: string",
  ]);
});
