import { Histogram } from "../core/log/histogram.ts";
import type { Clock } from "../core/ports/clock.ts";

const EVERY_MS = 50;

/** How late a timer of 50 ms runs, in seconds: the time for which something held up the event loop. */
export function watchLoopDelay(clock: Clock, now: () => number = () => performance.now()): Histogram {
  const delays = new Histogram([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]);
  let due = now() + EVERY_MS;
  clock.every(EVERY_MS, () => {
    const time = now();
    delays.observe(Math.max(0, time - due) / 1_000);
    due = time + EVERY_MS;
  });
  return delays;
}
