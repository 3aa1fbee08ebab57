/** Counts events within a span of time up to now. */
export class SlidingWindow {
  /** Oldest first. */
  #times: number[] = [];
  #place = Number.NEGATIVE_INFINITY;

  constructor(private readonly spanMs: number) {}

  /** Events are added in the order of their places; one whose place is not after the last one's is already counted. */
  add(time: number, place = time): void {
    if (place <= this.#place) return;
    this.#place = place;
    // The clock was set back: the times before are of another clock.
    if (time < (this.#times.at(-1) ?? time) - this.spanMs) this.#times = [];
    this.#times.push(time);
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
