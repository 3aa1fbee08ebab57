import type { Cancel, Clock } from "../../core/ports/clock.ts";
import { shownAt } from "./gifts.ts";
import { nextSlotIn, WINDOW_MS } from "./pacing.ts";
import type { Stream } from "./stream.ts";

/** Of several nodes, one records a release. Each one after it waits this much longer, in case the first does not. */
const BEHIND_MS = 500;

export interface DeliveryParts {
  readonly clock: Clock;
  readonly pace: number;
  stream(room: string): Stream;
  /** How many nodes come before this one for a stream. */
  rank(room: string): number;
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
  schedule(room: string, lag = 0): void {
    if (this.#stopped || this.#timers.has(room)) return;
    const due = this.#dueIn(room);
    // Never at once: it would be recorded again and again within one millisecond.
    if (due !== undefined) this.#wake(room, Math.max(1, due) + Math.min(lag, WINDOW_MS));
  }

  /** In how many milliseconds the next gift may be shown; undefined where none is pending. */
  #dueIn(room: string): number | undefined {
    const { clock, pace, stream } = this.parts;
    const state = stream(room);
    return state.waiting.size === 0 ? undefined : nextSlotIn(shownAt(state), clock.now(), pace);
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #wake(room: string, ms: number): void {
    const { clock, rank } = this.parts;
    const wake = () => {
      const ahead = rank(room);
      if (ahead === 0) this.#release(room);
      else
        this.#timers.set(
          room,
          clock.after(ahead * BEHIND_MS, () => this.#standIn(room)),
        );
    };
    this.#timers.set(room, clock.after(ms, wake));
  }

  /** The nodes before this one have had their time: this node releases what is still due. */
  #standIn(room: string): void {
    const due = this.#dueIn(room);
    if (due === undefined) this.#timers.delete(room);
    else if (due > 0) this.#wake(room, due);
    else this.#release(room);
  }

  #release(room: string): void {
    const { clock, release } = this.parts;
    const time = clock.now();
    // Never a second one while the first is on its way: a log that stalls would fill with them.
    this.#timers.set(room, () => {});
    const applied = () => {
      this.#timers.delete(room);
      this.schedule(room, clock.now() - time);
    };
    release(room, applied, () => {
      if (!this.#stopped) this.#wake(room, WINDOW_MS);
    });
  }
}
