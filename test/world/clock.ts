import type { Clock } from "../../src/core/ports/clock.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** Time as a machine has it: timers go by how much of it has passed, and somebody may set the hands. */
export class WorldClock implements Clock {
  readonly #passed: FakeClock;
  #set = 0;

  constructor(start: number) {
    this.#passed = new FakeClock(start);
  }

  now = (): number => this.#passed.now() + this.#set;
  monotonic = (): number => this.#passed.now();
  every: Clock["every"] = (ms, work) => this.#passed.every(ms, work);
  after: Clock["after"] = (ms, work) => this.#passed.after(ms, work);

  /** Lets time pass. */
  advance(ms: number): void {
    this.#passed.advance(ms);
  }

  /** Sets the hands on or back by so much; no time passes. */
  jump(ms: number): void {
    this.#set += ms;
  }
}
