import type { Cancel, Clock } from "../../core/ports/clock.ts";
import { shownAt } from "./gifts.ts";
import { nextSlotIn, WINDOW_MS } from "./pacing.ts";
import type { Stream } from "./stream.ts";

export interface DeliveryParts {
  readonly clock: Clock;
  readonly pace: number;
  stream(room: string): Stream;
  /** Records that time has passed. One of the two is called, later or at once. */
  release(room: string, applied: () => void, refused: () => void): void;
}

/** Timers of the streams that have pending gifts. */
export class Deliveries {
  readonly #timers = new Map<string, Cancel>();
  #stopped = false;

  constructor(private readonly parts: DeliveryParts) {}

  /**
   * Gifts may be pending in this stream. The last one took `lag` milliseconds to be stored and sent, so the
   * second that viewers see begins that much later.
   */
  look(room: string, lag = 0): void {
    if (this.#stopped || this.#timers.has(room)) return;
    const { clock, pace, stream } = this.parts;
    const state = stream(room);
    if (state.waiting.size === 0) return;
    // Never at once: it would be recorded again and again within one millisecond.
    this.#wake(room, Math.max(1, nextSlotIn(shownAt(state), clock.now(), pace)) + Math.min(lag, WINDOW_MS));
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #wake(room: string, ms: number): void {
    const { clock, release } = this.parts;
    const wake = () => {
      const time = clock.now();
      // Never a second one while the first is on its way: a log that stalls would fill with them.
      this.#timers.set(room, () => {});
      const applied = () => {
        this.#timers.delete(room);
        this.look(room, clock.now() - time);
      };
      release(room, applied, () => {
        if (!this.#stopped) this.#wake(room, WINDOW_MS);
      });
    };
    this.#timers.set(room, clock.after(ms, wake));
  }
}
