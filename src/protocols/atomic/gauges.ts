import type { Cancel, Clock } from "../../core/clock.ts";
import { Pace } from "../../core/pace.ts";

/** A value is told at most so often, however often it changes. */
const PACE_MS = 500;

export interface GaugeParts {
  readonly clock: Clock;
  value(key: string): number;
  /** When it will change by itself, in milliseconds since the epoch. */
  changesAt(key: string): number | undefined;
  tell(key: string, value: number): void;
}

/** Values that somebody watches, by key: told on change, the last one always. */
export class Gauges {
  readonly #told = new Map<string, number>();
  readonly #waking = new Map<string, Cancel>();
  readonly #pace: Pace;

  constructor(private readonly parts: GaugeParts) {
    this.#pace = new Pace(parts.clock, PACE_MS, (key) => this.#show(key));
  }

  /** How it stands. From now on changes are told. */
  watch(key: string): number {
    const value = this.parts.value(key);
    if (!this.#told.has(key)) this.#told.set(key, value);
    this.#wake(key);
    return value;
  }

  /** It may be another. */
  look(key: string): void {
    if (this.#told.has(key)) this.#pace.touch(key);
  }

  /** Nobody watches it any more. */
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

  /** One timer, for the first of the changes that come by themselves. */
  #wake(key: string): void {
    const at = this.#waking.has(key) ? undefined : this.parts.changesAt(key);
    if (at === undefined) return;
    const wake = () => {
      this.#waking.delete(key);
      this.look(key);
    };
    this.#waking.set(key, this.parts.clock.after(Math.max(1, at - this.parts.clock.now()), wake));
  }
}
