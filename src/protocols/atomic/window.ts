/** Counts events within a span of time up to now. */
export class SlidingWindow {
  /** Oldest first. */
  #times: number[] = [];

  constructor(private readonly spanMs: number) {}

  /** Times are added in order; a time that is not later than the last one is already counted. */
  add(time: number): void {
    if (time > (this.#times.at(-1) ?? Number.NEGATIVE_INFINITY)) this.#times.push(time);
  }

  count(now: number): number {
    const start = this.#times.findIndex((time) => time > now - this.spanMs);
    this.#times.splice(0, start === -1 ? this.#times.length : start);
    return this.#times.length;
  }

  /** When the oldest event leaves the window; undefined when the window is empty. */
  changesAt(): number | undefined {
    const [oldest] = this.#times;
    return oldest === undefined ? undefined : oldest + this.spanMs;
  }
}
