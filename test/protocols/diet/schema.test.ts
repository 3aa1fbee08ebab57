import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { z } from "zod";
import {
  auth,
  createMessages,
  createPosted,
  type EventType,
  encryptionInit,
  envelope,
  events,
} from "../../../src/protocols/diet/schema.ts";
import { CONTRACT, type Fields, FRAMES } from "./contract.ts";
import { content, MAX_CONTENT, no, stored } from "./fields.ts";
import { changed, exampleOf, pathsOf, valueAt } from "./variants.ts";

const messages = createMessages(MAX_CONTENT);
const posted = createPosted(MAX_CONTENT);
const frames = { envelope, auth, encryptionInit };

interface Case {
  readonly what: string;
  readonly schema: z.ZodType;
  readonly fields: Fields;
  /** Valid, with every field. */
  readonly full: unknown;
}

const typed = (schemas: Record<string, z.ZodType>) => Object.entries(schemas) as [EventType, z.ZodType][];
const asKept = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([path, it]) => [path, it === content ? stored : it]));

const cases: Case[] = [
  ...typed(events).map(([type, schema]) => ({
    what: `${type} as the server sends it`,
    schema,
    fields: asKept(CONTRACT[type]),
    full: exampleOf(schema),
  })),
  ...typed(posted).map(([type, schema]) => ({
    what: `${type} as backends post it`,
    schema,
    fields: CONTRACT[type],
    full: exampleOf(schema),
  })),
  ...typed(messages).map(([type, schema]) => {
    const isCoach = type === "ai.coach.message";
    return {
      what: `${type} as clients send it`,
      schema,
      fields: isCoach ? { ...CONTRACT[type], isFromAI: no } : CONTRACT[type],
      full: isCoach ? changed(exampleOf(events[type]), ["isFromAI"], false) : exampleOf(schema),
    };
  }),
  ...Object.entries(frames).map(([what, schema]) => ({
    what,
    schema,
    fields: FRAMES[what as keyof typeof FRAMES],
    full: exampleOf(schema),
  })),
];

/** The fields that it is refused for; none when it is accepted. */
function blamed(schema: z.ZodType, data: unknown): string[] {
  const { error } = schema.safeParse(data);
  return (error?.issues ?? []).map(({ path }) => path.join("."));
}

describe.each(cases)("$what", ({ schema, fields, full }) => {
  test("has the fields of the contract", () => {
    const own = pathsOf(schema).filter((path) => schema !== envelope || !path.startsWith("data."));
    expect(own.sort()).toEqual(Object.keys(fields).sort());
  });

  test("has an example that is valid, and arrives as it is", () => {
    const example = exampleOf(schema);
    expect(blamed(schema, example)).toEqual([]);
    expect(schema.parse(example)).toEqual(example);
    expect(Object.keys(fields).filter((path) => valueAt(full, path.split(".")) === undefined)).toEqual([]);
  });

  test.each(Object.entries(fields))("takes and refuses values of %s", (path, { right, wrong, optional }) => {
    const keys = path.split(".");
    for (const value of right) {
      const data = changed(full, keys, value);
      expect({ value, blamed: blamed(schema, data) }).toEqual({ value, blamed: [] });
      expect(valueAt(schema.parse(data), keys)).toEqual(value);
    }
    for (const value of wrong) {
      const paths = blamed(schema, changed(full, keys, value));
      const forThis = paths.length > 0 && paths.every((it) => `${it}.`.startsWith(`${path}.`));
      expect({ value, forThis }).toEqual({ value, forThis: true });
    }
    // A list without its first is another list.
    if (keys.at(-1) === "0") return;
    expect(blamed(schema, changed(full, keys, undefined))).toEqual(optional ? [] : [path]);
  });

  test("refuses what is no object", () => {
    for (const data of [null, undefined, 7, "x", true, []]) expect(blamed(schema, data)).toEqual([""]);
  });

  test("drops fields that the contract does not know", () => {
    const extended = { ...(full as object), extra: 1, constructor: "x" };
    expect(schema.parse(extended)).toEqual(full);
  });

  test("never throws for any JSON", () => {
    const names = Object.keys(fields).filter((path) => !path.includes("."));
    const anything = fc.oneof(
      fc.jsonValue(),
      // Wrong in one place after another gets further in than all wrong.
      fc
        .dictionary(fc.constantFrom(...names), fc.jsonValue())
        .map((some) => ({ ...(full as object), ...some })),
    );
    fc.assert(
      fc.property(anything, (data) => typeof schema.safeParse(data).success === "boolean"),
      { numRuns: 50 },
    );
  });
});

test("clients may send these types, and no others", () => {
  expect(Object.keys(messages).sort()).toEqual([
    "ai.coach.message",
    "direct.message",
    "friend.accepted",
    "friend.request",
    "group.member.joined",
    "group.member.left",
    "group.message",
    "meal.logged",
    "message.read",
    "notification.read",
    "post.created",
    "post.liked",
    "task.progress",
    "task.started",
    "typing.indicator",
    "user.activity",
    "user.presence",
    "water.intake",
  ]);
});

test("the server sends every type of the contract", () => {
  expect(Object.keys(events).sort()).toEqual(Object.keys(CONTRACT).sort());
  expect(Object.keys(posted)).toEqual(Object.keys(events));
});

test.each([
  ["direct.message", "content"],
  ["group.message", "content"],
  ["post.created", "content"],
  ["ai.coach.message", "message"],
] as const)("%s says that its text is too long, and how long it may be", (type, field) => {
  const data = changed(exampleOf(messages[type]), [field], "x".repeat(MAX_CONTENT + 1));
  expect(messages[type].safeParse(data).error?.issues).toMatchObject([
    { code: "custom", path: [field], params: { tooLong: true }, message: "must have at most 60 characters" },
  ]);
  expect(createMessages(MAX_CONTENT + 1)[type].safeParse(data).success).toBe(true);
});

test("all examples are of one user, u1", () => {
  for (const [type, schema] of [...typed(messages), ...typed(events)]) {
    const example = exampleOf(schema);
    const senders = ["userId", "fromUserId", "authorId"].map((field) => valueAt(example, [field]));
    for (const sender of senders) expect([type, sender ?? "u1"]).toEqual([type, "u1"]);
  }
});
