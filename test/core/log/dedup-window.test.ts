import { expect, test } from "bun:test";
import fc from "fast-check";
import { DedupMemory } from "../../../src/core/log/dedup-memory.ts";
import { DedupWindow, WINDOW_MESSAGES, WINDOW_MS } from "../../../src/core/log/dedup-window.ts";

const SECOND = 1_000;

function createWindow() {
  const memory = new DedupMemory();
  const window = new DedupWindow(memory);
  return {
    memory,
    add: (sender: string | null, clientId: string, offset: number, time: number) =>
      window.add(memory.hash(sender, clientId), offset, time),
    find: (sender: string | null, clientId: string) => [...window.find(memory.hash(sender, clientId))],
  };
}

test("the window is what the design promises: 1,000 messages and 10 minutes", () => {
  expect(WINDOW_MESSAGES).toBeGreaterThanOrEqual(1_000);
  expect(WINDOW_MS).toBeGreaterThanOrEqual(600 * SECOND);
});

test("an id leads to the message that carried it, and only for its sender", () => {
  const window = createWindow();
  window.add("ada", "temp-1", 7, 0);
  expect(window.find("ada", "temp-1")).toEqual([7]);
  expect(window.find("bob", "temp-1")).toEqual([]);
  expect(window.find("ada", "temp-2")).toEqual([]);
});

test("sender and id do not run together", () => {
  const window = createWindow();
  window.add("ada", "1temp", 7, 0);
  expect(window.find("ada1", "temp")).toEqual([]);
});

test("an id that several messages carried leads to all of them, the last first, over any number of slices", () => {
  const window = createWindow();
  for (let n = 1; n <= 900; n++) window.add("ada", `temp-${n % 3}`, n, n * SECOND);
  const of = (rest: number) => Array.from({ length: 300 }, (_, at) => 900 - 3 * at - ((3 - rest) % 3));
  expect([0, 1, 2].map((rest) => window.find("ada", `temp-${rest}`))).toEqual([of(0), of(1), of(2)]);
});

test("what is twice as old as the window is forgotten, so that memory is bounded", () => {
  const window = createWindow();
  for (let n = 1; n <= 10_000; n++) window.add("ada", `temp-${n}`, n, n * SECOND);
  for (const old of [1, 10_000 - 2 * WINDOW_MESSAGES]) expect(window.find("ada", `temp-${old}`)).toEqual([]);
  expect(window.memory.bytes).toBeLessThan(1.5 * WINDOW_MESSAGES * 24);
});

test("ids differ in their hashes, also where they differ in one character", () => {
  const memory = new DedupMemory();
  const ids = 50_000;
  const hashes = new Set(Array.from({ length: ids }, (_, n) => memory.hash("ada", `temp-${n}`)));
  // By chance one pair in 3.4 numbers of this size is expected to meet.
  expect(hashes.size).toBeGreaterThan(ids - 10);
});

test("for any traffic, what is younger than 10 minutes or among the last 1,000 is found", () => {
  const pauses = fc.array(
    fc.oneof(fc.nat(50), fc.nat(2 * SECOND), fc.constant(WINDOW_MS / 2), fc.nat(3 * WINDOW_MS)),
    {
      minLength: 10,
      maxLength: 60,
    },
  );
  const spread = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(pauses, spread, (gaps, each) => {
      const window = createWindow();
      const times: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        for (let message = 0; message < each; message++) {
          times.push(now);
          window.add("ada", `temp-${times.length}`, times.length, now);
        }
      }
      for (const [index, time] of times.entries()) {
        if (now - time >= WINDOW_MS && times.length - index > WINDOW_MESSAGES) continue;
        expect(window.find("ada", `temp-${index + 1}`)).toContain(index + 1);
      }
    }),
    { numRuns: 50 },
  );
});
