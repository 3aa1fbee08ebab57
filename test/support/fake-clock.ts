import type { Clock } from "../../src/core/clock.ts";

interface Timer {
  at: number;
  every: number | undefined;
  work: () => void;
}

/** Time that stands still until it is told to pass. */
export class FakeClock implements Clock {
  #now: number;
  #timers = new Set<Timer>();

  constructor(start = Date.now()) {
    this.#now = start;
  }

  now = (): number => this.#now;
  every = (ms: number, work: () => void) => this.#add({ at: this.#now + ms, every: ms, work });
  after = (ms: number, work: () => void) => this.#add({ at: this.#now + ms, every: undefined, work });

  /** Lets time pass: what falls due runs in its order, each at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#now = Math.max(this.#now, due.at);
      if (due.every === undefined) this.#timers.delete(due);
      else due.at += due.every;
      due.work();
    }
    this.#now = end;
  }

  /** Lets time pass as when the process was held up: what falls due is late, and runs at the next `advance`. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #add(timer: Timer) {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}
