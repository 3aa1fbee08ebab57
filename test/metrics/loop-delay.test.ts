import { expect, test } from "bun:test";
import { watchLoopDelay } from "../../src/metrics/loop-delay.ts";
import { FakeClock } from "../support/fake-clock.ts";

test("the event loop's delay is how late a timer runs", () => {
  const clock = new FakeClock();
  const delays = watchLoopDelay(clock, clock.now);
  clock.advance(100);
  expect([delays.count, delays.sum]).toEqual([2, 0]);
  clock.jump(300);
  clock.advance(0);
  expect(delays.sum).toBe(0.25);
  expect(delays.counts[delays.bounds.indexOf(0.25)]).toBe(1);
});
