import { ManualClock } from "../../packages/client/src/testing/clock.ts";

/** What the monotonic clock shows at first: that of a machine has nothing to do with the time of day either. */
const STARTED_MS = 1_000_000;

/** Time that stands still until it is told to pass. */
export class FakeClock extends ManualClock {
  constructor(start?: number) {
    super(start);
    this.setBy = this.time - STARTED_MS;
  }

  /** Lets time pass as when the process was held up: what falls due is late, and runs at the next `advance`. */
  jump(ms: number): void {
    this.time += ms;
  }

  /** Sets the time, as somebody sets that of a machine: timers take as long as before. */
  set(ms: number): void {
    this.setBy += ms;
    this.skip(ms);
  }

  /** Lets time pass in which nothing fell due: days, without what repeats every second. */
  skip(ms: number): void {
    this.time += ms;
    for (const timer of this.timers) timer.at += ms;
  }
}
