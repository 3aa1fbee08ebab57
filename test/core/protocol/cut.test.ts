import { expect, test } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import fc from "fast-check";
import { cutText } from "../../../src/core/protocol/cut.ts";

test.each([
  ["short", 5, "short"],
  ["longer", 5, "long…"],
  ["abc👩‍👩‍👧", 8, "abc…"],
  ["ab👩‍👩‍👧d", 11, "ab👩‍👩‍👧d"],
  ["ab👩‍👩‍👧dd", 11, "ab👩‍👩‍👧…"],
  ["👩‍👩‍👧👩‍👩‍👧", 4, "👩‍…"],
  ["xe\u0301\u0302y", 5, "xe\u0301\u0302y"],
  ["xe\u0301\u0302yz", 4, "x…"],
  ["🇩🇪🇫🇷🇬🇧", 10, "🇩🇪🇫🇷…"],
  ["half \ud83d", 10, "half \ufffd"],
  ["😀😀", 1, ""],
  ["two words", 5, "two…"],
  ["      ", 5, ""],
])("%j in %p is %j", (text, length, cut) => {
  expect(cutText(text, length)).toBe(cut);
});

test("no text is cut too long or between the halves of a pair, and what fits stays", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.nat(40), (text, length) => {
      const cut = cutText(text, length);
      expect(cut.length).toBeLessThanOrEqual(length);
      expect(cut.isWellFormed()).toBe(true);
      if (text.length <= length) expect(cut).toBe(text.toWellFormed());
    }),
  );
});

/** All the places that take the beginning of something where texts of people pass: how many, and of what. Only the first cuts a text that people read. */
const BEGINNINGS: Record<string, readonly [count: number, of: string]> = {
  "core/inbound/network.ts": [2, "the groups of an address"],
  "core/protocol/cut.ts": [2, "a text"],
  "core/protocol/numbered.ts": [1, "a frame without its last brace"],
  "core/protocol/room-name.ts": [1, "a room's name: its kind"],
  "http/connections.ts": [1, "a list"],
  "http/console.ts": [1, "a hash"],
  "http/errors.ts": [1, "a list"],
  "http/members.ts": [1, "a list"],
  "http/messages.ts": [1, "a list"],
  "http/page-after.ts": [1, "a list"],
  "http/problem.ts": [1, "a list"],
  "http/rooms.ts": [1, "a list"],
  "http/users.ts": [1, "a list"],
  "metrics/recent-errors.ts": [1, "a list"],
  "metrics/store.ts": [1, "a hash"],
  "protocols/atomic/rebase.ts": [1, "a list"],
  "protocols/atomic/refuse.ts": [1, "a list"],
  "protocols/atomic/text.ts": [2, "a document"],
  "protocols/atomic/timeline.ts": [1, "a time without its Z"],
  "protocols/diet/group.ts": [1, "a list"],
  "protocols/diet/refuse.ts": [1, "a list"],
  "protocols/gurukul/refuse.ts": [1, "a list"],
  "protocols/gurukul/split.ts": [2, "an answer that is told in parts, at ends of characters"],
  "protocols/hyperfocus/acks.ts": [1, "a key"],
  "protocols/hyperfocus/redaction.ts": [1, "a key"],
  "protocols/hyperfocus/refuse.ts": [1, "a list"],
};

test("texts are cut by one function", async () => {
  const src = join(import.meta.dir, "../../../src");
  const found: Record<string, number> = {};
  for await (const file of new Glob("{agents,core,http,metrics,protocols,sources}/**/*.ts").scan(src)) {
    const source = await Bun.file(join(src, file)).text();
    const cuts = source.match(/\.(?:slice\(0,|substring\(|substr\()/g)?.length ?? 0;
    if (cuts > 0) found[file] = cuts;
  }
  const expected = Object.fromEntries(Object.entries(BEGINNINGS).map(([file, [count]]) => [file, count]));
  expect(found).toEqual(expected);
});
