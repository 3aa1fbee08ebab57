import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";

const SRC = join(import.meta.dir, "../../src");

async function sources(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const file of new Glob("**/*.ts").scan(SRC)) {
    found.set(file, await Bun.file(join(SRC, file)).text());
  }
  return found;
}

/** Literals of regular expressions in a source, comments left out. */
function patterns(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
  const literal =
    /(?<=[=(,:[!&|?{};]\s*|return\s+|^\s*)\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/[a-z]*/gm;
  return [...code.matchAll(literal)].map(([, body = ""]) => body);
}

const REPEATS = /^(?:[*+]|\{\d+,\d*\})/;

/** Whether a group that repeats without end holds something that repeats: matching may take exponential time. */
function isNested(pattern: string): boolean {
  // Classes and escapes hold nothing that repeats.
  const bare = pattern.replace(/\\[pP]\{[^}]*\}|\\./g, "x").replace(/\[(?:[^\]])*\]/g, "x");
  const open: number[] = [];
  for (let at = 0; at < bare.length; at++) {
    if (bare[at] === "(") open.push(at);
    if (bare[at] !== ")") continue;
    const inside = bare.slice((open.pop() ?? 0) + 1, at);
    if (REPEATS.test(bare.slice(at + 1)) && /[*+]|\{\d+,/.test(inside.replace(/^\?[:=!<]+/, ""))) return true;
  }
  return false;
}

describe("regular expressions", () => {
  test("the rule finds what is dangerous, and only that", () => {
    for (const bad of ["(a+)+", "(?:a*b?)*", "^(\\w+\\s?)+$", "((a{1,})x)*"])
      expect([bad, isNested(bad)]).toEqual([bad, true]);
    for (const good of ["(a+)?", "[(a+)]+", "^(?:a|b)+$", "\\(a+\\)+", "a+b+", "(?:a[*+])+"])
      expect([good, isNested(good)]).toEqual([good, false]);
  });

  test("none repeats what repeats, so none takes exponential time", async () => {
    const all = [...(await sources())].flatMap(([file, source]) =>
      patterns(source).map((one) => `${file}: ${one}`),
    );
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter((one) => isNested(one.slice(one.indexOf(": ") + 2)))).toEqual([]);
  });

  test("none is made of what comes in", async () => {
    const makers = [...(await sources())].filter(([, source]) => /\bRegExp\(/.test(source));
    expect(makers.map(([file]) => file)).toEqual([]);
  });
});

test("JSON of strangers is parsed where its depth is looked at first: frames in one place, bodies in another", async () => {
  const all = [...(await sources())];
  const frames = all.filter(([file]) => /^protocols\/\w+\/frames\.ts$/.test(file));
  expect(frames.length).toBeGreaterThan(4);
  for (const [file, source] of frames)
    expect([file, source.includes("parseObject(frame")]).toEqual([file, true]);
  expect(all.filter(([, source]) => /JSON\.parse\(frame/.test(source)).map(([file]) => file)).toEqual([
    "core/protocol/json.ts",
  ]);
  const bodies = all.filter(
    ([file, source]) => file.startsWith("http/") && /\.json\(\)|JSON\.parse\(/.test(source),
  );
  expect(bodies.map(([file]) => file)).toEqual(["http/problem.ts"]);
  for (const [file, parse] of [
    ["http/problem.ts", "JSON.parse(text)"],
    ["core/protocol/json.ts", "JSON.parse(frame)"],
  ] as const) {
    const source = all.find(([one]) => one === file)?.[1] ?? "";
    const looked = source.search(/if \(isTooDeep\(/);
    expect([file, looked > 0 && looked < source.indexOf(parse)]).toEqual([file, true]);
  }
});

test("keys are compared in one place, as digests of one length, in constant time and each to its end", async () => {
  const source = await Bun.file(join(SRC, "http/api-keys.ts")).text();
  expect(source).toContain("timingSafeEqual(key, given)");
  // `some` would stop at the first.
  expect(source).toContain("known.filter(");
  const others = [...(await sources())].filter(
    ([file, text]) => file.startsWith("http/") && /apiKeys?\b.*(===|includes|has\()/.test(text),
  );
  expect(others.map(([file]) => file)).toEqual([]);
});

test("nothing runs text as code", async () => {
  const runners = [...(await sources())].filter(([, source]) =>
    /\beval\(|new Function\(|\bvm\b.*from|child_process/.test(source),
  );
  expect(runners.map(([file]) => file)).toEqual([]);
});
