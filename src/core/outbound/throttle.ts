import type { Cancel, Clock } from "../ports/clock.ts";

/**
 * Lets something happen at most once an interval per key: at once when the interval is over, otherwise
 * when it ends, so that the last change is always shown.
 */
export class Throttle {
  readonly #waiting = new Map<string, { again: boolean; cancel: Cancel }>();

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
    private readonly work: (key: string) => void,
  ) {}

  /** `atOnce` takes the place of the work when the interval is over. */
  touch(key: string, atOnce = this.work): void {
    const waiting = this.#waiting.get(key);
    if (waiting) {
      waiting.again = true;
      return;
    }
    const state = { again: false, cancel: this.clock.after(this.intervalMs, () => this.#over(key)) };
    this.#waiting.set(key, state);
    atOnce(key);
  }

  /** Lets nothing happen any more. */
  stop(): void {
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #over(key: string): void {
    const again = this.#waiting.get(key)?.again;
    this.#waiting.delete(key);
    if (again) this.touch(key);
  }
}
