import { expect, test } from "bun:test";
import fc from "fast-check";
import { findPage } from "../../src/storage/page.ts";
import { Random } from "../support/random.ts";
import { createTestStore, event } from "../support/stored.ts";

const ROOM = "chat:1";

/** A room with a number of events, of which these are messages, and of which retention has removed those before one. */
function room(last: number, messages: ReadonlySet<number>, first = 1) {
  const counts = [0];
  for (let offset = 1; offset <= last; offset++) {
    counts.push(counts[offset - 1]! + (messages.has(offset) ? 1 : 0));
  }
  let walked = 0;
  let lookedUp = 0;
  const rows = {
    run(from: number, before: number, limit: number): number[] {
      const found: number[] = [];
      for (let offset = before - 1; offset >= Math.max(from, first) && found.length < limit; offset--) {
        walked++;
        if (messages.has(offset)) found.push(offset);
      }
      return found;
    },
    countAt(offset: number): number | undefined {
      lookedUp++;
      return offset < first || offset > last ? undefined : counts[offset]!;
    },
  };
  return { rows, read: () => walked + lookedUp };
}

test("a page has exactly the messages before a place, also after retention has removed some", () => {
  const offset = fc.integer({ min: 1, max: 3_000 });
  fc.assert(
    fc.property(
      fc.tuple(offset, offset, offset),
      fc.uniqueArray(offset, { maxLength: 40 }),
      fc.integer({ min: 1, max: 30 }),
      ([last, first, before], among, limit) => {
        const kept = among.filter((one) => one >= first && one <= last && one < before).sort((a, b) => b - a);
        const { rows } = room(last, new Set(among), first);
        expect(findPage(rows, last, { limit, before })).toEqual(kept.slice(0, limit));
      },
    ),
    { seed: Random.seed() | 0, numRuns: 500 },
  );
});

test.each([
  ["none", [], 257],
  ["the first alone", [1], 600],
  ["a few, far apart", [5, 400_000, 800_000], 1_700],
])("a page of a room of a million other events costs little: %s", (_, messages, most) => {
  const { rows, read } = room(1_000_000, new Set(messages));
  expect(findPage(rows, 1_000_000, { limit: 50 })).toEqual(messages.toReversed());
  expect(read()).toBeLessThanOrEqual(most);
});

test("in the store too, a message is found behind any number of other events, and nothing of other rooms", () => {
  const { add, store } = createTestStore();
  const other = { kind: "other", count: 2 };
  add(event(1), event(2), ...Array.from({ length: 2_000 }, (_, index) => event(index + 3, other)));
  add(event(1, { room: "chat:2" }));
  const page = (limit: number, before?: number) =>
    store.page(ROOM, { kind: "message", limit, ...(before && { before }) }).map(({ offset }) => offset);
  expect([page(9), page(1), page(9, 1_000), page(9, 2)]).toEqual([[1, 2], [2], [1, 2], [1]]);
});
