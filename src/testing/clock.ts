import type { Clock } from "../core/clock.ts";

interface Timer {
  at: number;
  readonly every: number | undefined;
  readonly work: () => void;
}

/** Time that passes when the test says so. For a server and for clients. */
export class ManualClock implements Clock {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** Milliseconds since the epoch. */
  constructor(start = Date.now()) {
    this.#now = start;
  }

  now = (): number => this.#now;
  every = (ms: number, work: () => void) => this.#add({ at: this.#now + ms, every: ms, work });
  after = (ms: number, work: () => void) => this.#add({ at: this.#now + ms, every: undefined, work });

  /** Whatever falls due within these milliseconds happens, in its order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#first(); next && next.at <= end; next = this.#first()) {
      this.#now = Math.max(this.#now, next.at);
      if (next.every === undefined) this.#timers.delete(next);
      else next.at += next.every;
      next.work();
    }
    this.#now = end;
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) if (!first || timer.at < first.at) first = timer;
    return first;
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}
