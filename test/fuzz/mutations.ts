import fc, { type Arbitrary } from "fast-check";

type Bytes = Uint8Array<ArrayBuffer>;
type Path = readonly (string | number)[];

/** Stands in a frame for JSON text that is put in its place afterwards: some of it is no JavaScript value. */
const HOLE = "\u2603hole";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.constantFrom(
    "",
    " ",
    "*",
    "a",
    "ada",
    "bob",
    "<b>x</b>",
    "👩‍👩‍👧",
    "\u202e",
    "a\u0301",
    "\u0000",
    "__proto__",
    "constructor",
  ),
);
const nested = fc
  .tuple(fc.constantFrom("[", '{"a":'), fc.integer({ min: 1, max: 3_000 }))
  .map(([open, levels]) => {
    const close = open === "[" ? "]" : "}";
    return `${open.repeat(levels)}0${close.repeat(levels)}`;
  });
const numbers = [
  ...["0", "-0", "-1", "0.1", "1e21", "1e308", "-1e308", "1e999", "5e-324", "9007199254740993"],
  ...[`1${"0".repeat(400)}`, `0.${"0".repeat(400)}1`, "253402300800000", "8640000000000001"],
];
const words = [
  ...[
    "null",
    "true",
    "false",
    "[]",
    "{}",
    "[[]]",
    "[null]",
    '""',
    '"\\ud800"',
    '"\\u0000"',
    '"2026-02-30T25:61:61Z"',
  ],
  ...[
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":{}}}',
    '{"toString":1}',
    '"-271821-04-20T00:00:00Z"',
  ],
];
/** JSON text of a value as none was meant. */
const oddValue: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words, ...numbers) },
  { weight: 2, arbitrary: text.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 3 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 5_000 }).map((length) => JSON.stringify("é".repeat(length))),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 5_000 }).map((length) => `[${"0,".repeat(length)}0]`) },
  { weight: 1, arbitrary: nested },
);

/** The places of all values in a JSON value, its own first. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...at, key]))];
}

/** A copy in which the object or list that holds this place was changed. */
function edited(
  value: unknown,
  [key, ...rest]: Path,
  edit: (holder: [string, unknown][], key: string) => [string, unknown][],
): unknown {
  if (typeof value !== "object" || value === null || key === undefined) return value;
  const entries: [string, unknown][] = Object.entries(value);
  const changed =
    rest.length === 0
      ? edit(entries, `${key}`)
      : entries.map(([name, inner]): [string, unknown] => [
          name,
          name === `${key}` ? edited(inner, rest, edit) : inner,
        ]);
  return Array.isArray(value) ? changed.map(([, inner]) => inner) : Object.fromEntries(changed);
}

type Change = "drop" | "replace" | "rename" | "add";
const changes: readonly Change[] = ["drop", "replace", "replace", "replace", "rename", "add"];

function change(value: unknown, path: Path, how: Change, name: string): unknown {
  return edited(value, path, (entries, key) => {
    if (how === "drop") return entries.filter(([one]) => one !== key);
    if (how === "add") return [...entries, [name, HOLE]];
    return entries.map(([one, inner]) =>
      one !== key ? [one, inner] : how === "rename" ? [name, inner] : [one, HOLE],
    );
  });
}

const changed = (json: Arbitrary<unknown>): Arbitrary<string> =>
  fc
    .tuple(
      json,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...changes), text, oddValue), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(
      ([value, lot]) =>
        lot.reduce(
          (now, [nth, how, name, odd]) => {
            const parsed: unknown = JSON.parse(now.text);
            const places = pathsOf(parsed).slice(1);
            const place = places[nth % Math.max(1, places.length)];
            if (!place) return now;
            const next = JSON.stringify(change(parsed, place, how, name));
            // What has a hole cannot be parsed again, if it was filled with what is no JSON value.
            return { text: next, filled: next.replaceAll(JSON.stringify(HOLE), () => odd) };
          },
          { text: JSON.stringify(value), filled: JSON.stringify(value) },
        ).filled,
    );

/** The same key twice, with another value. */
const doubled = (json: Arbitrary<unknown>): Arbitrary<string> =>
  fc.tuple(json, fc.nat(), oddValue).map(([value, nth, odd]) => {
    const text = JSON.stringify(value);
    const keys = [...text.matchAll(/"[^"\\]+":/g)];
    const key = keys[nth % Math.max(1, keys.length)];
    return key ? `${text.slice(0, key.index)}${key[0]}${odd},${text.slice(key.index)}` : text;
  });

/** The bytes, some of them changed, added or left out. */
const scratched = (json: Arbitrary<string>): Arbitrary<Bytes> =>
  fc
    .tuple(json, fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), { minLength: 1, maxLength: 4 }))
    .map(([text, scratches]) => {
      const bytes = [...Buffer.from(text)];
      for (const [nth, byte, removed] of scratches)
        bytes.splice(nth % Math.max(1, bytes.length), removed, byte);
      return Uint8Array.from(bytes);
    });

/** Texts and bytes as anybody might send them, most of them made from these good values. All are short. */
export function anyFrom(values: readonly unknown[]): Arbitrary<string | Bytes> {
  const good = fc.constantFrom(...values);
  const json = good.map((value) => JSON.stringify(value));
  const truncated = fc.tuple(json, fc.nat()).map(([text, length]) => text.slice(0, length % text.length));
  return fc.oneof(
    { weight: 3, arbitrary: json },
    { weight: 9, arbitrary: changed(good) },
    { weight: 2, arbitrary: doubled(good) },
    { weight: 2, arbitrary: scratched(json).map((bytes) => new TextDecoder().decode(bytes)) },
    { weight: 1, arbitrary: scratched(json) },
    { weight: 1, arbitrary: truncated },
    { weight: 1, arbitrary: fc.tuple(json, json).map(([one, other]) => one + other) },
    { weight: 1, arbitrary: fc.tuple(json, json).map(([one, other]) => `[${one},${other}]`) },
    { weight: 1, arbitrary: fc.oneof(fc.json(), fc.string({ unit: "binary" }), nested, fc.uint8Array()) },
  );
}

/** Run again with the seed of a failure: `FUZZ_SEED=… bun test fuzz`; longer with `FUZZ_RUNS=…`. */
export const seed = Number(process.env["FUZZ_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));
export const runs = Number(process.env["FUZZ_RUNS"] ?? 60);
/** Milliseconds. */
export const patience = 20_000 + runs * 500;
