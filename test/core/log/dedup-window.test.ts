import { expect, test } from "bun:test";
import fc from "fast-check";
import { DedupWindow, WINDOW_MESSAGES, WINDOW_MS } from "../../../src/core/log/dedup-window.ts";

const SECOND = 1_000;

test("the window is what the design promises: 1,000 messages and 10 minutes", () => {
  expect(WINDOW_MESSAGES).toBeGreaterThanOrEqual(1_000);
  expect(WINDOW_MS).toBeGreaterThanOrEqual(600 * SECOND);
});

test("an id leads to the message that carried it, and only for its sender", () => {
  const repeats = new DedupWindow();
  repeats.add("ada", "temp-1", 7, 0);
  expect(repeats.find("ada", "temp-1")).toBe(7);
  expect(repeats.find("bob", "temp-1")).toBeUndefined();
  expect(repeats.find("ada", "temp-2")).toBeUndefined();
});

test("sender and id do not run together", () => {
  const repeats = new DedupWindow();
  repeats.add("ada", "1temp", 7, 0);
  expect(repeats.find("ada1", "temp")).toBeUndefined();
});

test("what is twice as old as the window is forgotten, so that memory is bounded", () => {
  const repeats = new DedupWindow();
  for (let n = 1; n <= 10_000; n++) repeats.add("ada", `temp-${n}`, n, n * SECOND);
  for (const old of [1, 10_000 - 2 * WINDOW_MESSAGES]) {
    expect(repeats.find("ada", `temp-${old}`)).toBeUndefined();
  }
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
      const repeats = new DedupWindow();
      const times: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now += gap;
        for (let message = 0; message < each; message++) {
          times.push(now);
          repeats.add("ada", `temp-${times.length}`, times.length, now);
        }
      }
      for (const [index, time] of times.entries()) {
        if (now - time >= WINDOW_MS && times.length - index > WINDOW_MESSAGES) continue;
        expect(repeats.find("ada", `temp-${index + 1}`)).toBe(index + 1);
      }
    }),
    { numRuns: 50 },
  );
});
