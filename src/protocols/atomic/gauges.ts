import { Throttle } from "../../core/outbound/throttle.ts";
import type { Cancel, Clock } from "../../core/ports/clock.ts";

/** The shortest time between two updates of one value, however often it changes. */
const PACE_MS = 500;

export interface GaugeParts {
  readonly clock: Clock;
  value(key: string): number;
  /** When the value will change by itself, in milliseconds since the epoch. */
  changesAt(key: string): number | undefined;
  tell(key: string, value: number): void;
}

/** Watched values by key. Watchers get each change, and always the last value. */
export class Gauges {
  readonly #told = new Map<string, number>();
  readonly #waking = new Map<string, Cancel>();
  readonly #pace: Throttle;

  constructor(private readonly parts: GaugeParts) {
    this.#pace = new Throttle(parts.clock, PACE_MS, (key) => this.#show(key));
  }

  /** Returns the value now. The watcher gets its changes from now on. */
  watch(key: string): number {
    const value = this.parts.value(key);
    const told = this.#told.get(key);
    if (told === undefined) this.#told.set(key, value);
    // The others are told later. If it has changed back by then, only the new watcher must hear of that.
    else if (told !== value) this.#told.set(key, Number.NaN);
    this.#wake(key);
    return value;
  }

  /** The value may have changed. */
  changed(key: string): void {
    if (this.#told.has(key)) this.#pace.touch(key);
  }

  /** Nobody watches the value any more. */
  drop(key: string): void {
    this.#told.delete(key);
    this.#waking.get(key)?.();
    this.#waking.delete(key);
  }

  stop(): void {
    for (const key of [...this.#told.keys()]) this.drop(key);
  }

  #show(key: string): void {
    const told = this.#told.get(key);
    if (told === undefined) return;
    const value = this.parts.value(key);
    this.#wake(key);
    if (value === told) return;
    this.#told.set(key, value);
    this.parts.tell(key, value);
  }

  /** One timer serves the earliest change that will come by itself. */
  #wake(key: string): void {
    const at = this.#waking.has(key) ? undefined : this.parts.changesAt(key);
    if (at === undefined) return;
    const wake = () => {
      this.#waking.delete(key);
      this.changed(key);
    };
    this.#waking.set(key, this.parts.clock.after(Math.max(1, at - this.parts.clock.now()), wake));
  }
}
