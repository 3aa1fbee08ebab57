import type { Clock } from "../core/ports/clock.ts";

/** A node that has gone silent may have been held up, and come back: what it cannot read is not written for this long. */
export const REMEMBERED_MS = 300_000;

/** The newest format of batches that all live nodes read: no newer one is written. */
export class WriteLevel {
  readonly #heard = new Map<string, { readonly level: number; readonly at: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly own: number,
  ) {}

  heard(id: string, level: number): void {
    this.#heard.set(id, { level, at: this.clock.monotonic() });
  }

  /** A node has stopped, or is known by another id from now on. */
  left(id: string): void {
    this.#heard.delete(id);
  }

  get level(): number {
    const now = this.clock.monotonic();
    let lowest = this.own;
    for (const [id, { level, at }] of this.#heard) {
      if (now - at > REMEMBERED_MS) this.#heard.delete(id);
      else lowest = Math.min(lowest, level);
    }
    return lowest;
  }
}
