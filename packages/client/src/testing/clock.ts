import type { Clock } from "../clock.ts";

interface Timer {
  at: number;
  readonly every: number | undefined;
  readonly work: () => void;
}

/** Time that passes when the test says so. For a server and for clients. */
export class ManualClock implements Clock {
  protected time: number;
  /** Milliseconds by which the clock was set since the start. No time passed then. */
  protected setBy = 0;
  protected readonly timers = new Set<Timer>();

  /** Milliseconds since the epoch. */
  constructor(start = Date.now()) {
    this.time = start;
  }

  now = (): number => this.time;
  monotonic = (): number => this.time - this.setBy;
  every = (ms: number, work: () => void) => this.#add({ at: this.time + ms, every: ms, work });
  after = (ms: number, work: () => void) => this.#add({ at: this.time + ms, every: undefined, work });

  /** Runs everything that falls due within these milliseconds, in order. */
  advance(ms: number): void {
    const end = this.time + ms;
    for (let next = this.#first(); next && next.at <= end; next = this.#first()) {
      this.time = Math.max(this.time, next.at);
      if (next.every === undefined) this.timers.delete(next);
      else next.at += next.every;
      next.work();
    }
    this.time = end;
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) if (!first || timer.at < first.at) first = timer;
    return first;
  }

  #add(timer: Timer): () => void {
    this.timers.add(timer);
    return () => void this.timers.delete(timer);
  }
}
