import { expect, test } from "bun:test";
import { watchLastMinute } from "../../src/metrics/last-minute.ts";
import { FakeClock } from "../support/fake-clock.ts";

test("rates are those of the last minute, or since the start", () => {
  const clock = new FakeClock();
  const counts = { received: 0, refused: 0, turns: 0, turnSeconds: 0 };
  const recently = watchLastMinute(clock, () => counts);
  expect(recently()).toEqual({ messagesPerSecond: 0, averageLatency: 0, errorRate: 0 });
  Object.assign(counts, { received: 100, refused: 25, turns: 50, turnSeconds: 0.1 });
  clock.advance(10_000);
  expect(recently()).toEqual({ messagesPerSecond: 10, averageLatency: 2, errorRate: 0.25 });
  clock.advance(121_000);
  expect(recently()).toEqual({ messagesPerSecond: 0, averageLatency: 0, errorRate: 0 });
  Object.assign(counts, { received: 106, refused: 500 });
  expect(recently()).toMatchObject({ messagesPerSecond: 0.1, errorRate: 1 });
});
