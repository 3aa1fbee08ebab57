import type { Clock } from "../../src/core/ports/clock.ts";

/** A clock that stands still but for what is waited for: that it jumps to, so no test waits for real. */
export class JumpingClock implements Clock {
  time = Date.UTC(2026, 0, 1);
  readonly waits: number[] = [];

  readonly now = () => this.time;
  readonly monotonic = () => this.time;

  after(ms: number, work: () => void) {
    this.waits.push(ms);
    queueMicrotask(() => {
      this.time += ms;
      work();
    });
    return () => {};
  }

  every(): never {
    throw new Error("nothing in this test repeats");
  }
}
