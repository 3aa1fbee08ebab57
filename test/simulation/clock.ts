import type { Clock } from "../../src/core/ports/clock.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** The clock of a machine: timers follow the monotonic time, and the wall clock may be set. */
export class SimulatedClock implements Clock {
  readonly #monotonic: FakeClock;
  #offset = 0;

  constructor(start: number) {
    this.#monotonic = new FakeClock(start);
  }

  now = (): number => this.#monotonic.now() + this.#offset;
  monotonic = (): number => this.#monotonic.now();
  every: Clock["every"] = (ms, work) => this.#monotonic.every(ms, work);
  after: Clock["after"] = (ms, work) => this.#monotonic.after(ms, work);

  advance(ms: number): void {
    this.#monotonic.advance(ms);
  }

  /** Sets the wall clock forward or back by `ms`; the monotonic time does not change. */
  jump(ms: number): void {
    this.#offset += ms;
  }
}
