import type { Cancel, Clock } from "../../core/ports/clock.ts";

/** The longest time between two sweeps; a short interval makes them more frequent. */
const SWEEP_MS = 250;

/** A client that gets heartbeats. */
export interface Heart {
  /** Milliseconds since the epoch. */
  nextPing: number;
  beat(): void;
}

/** The contract's own heartbeats, besides the ping frames of the core: one timer for all connections. */
export class Heartbeats {
  readonly #hearts = new Set<Heart>();
  readonly stop: Cancel;

  constructor(
    private readonly clock: Clock,
    private readonly intervalMs: number,
  ) {
    this.stop = clock.every(Math.min(SWEEP_MS, Math.max(10, intervalMs / 4)), () => this.#sweep());
  }

  /** Starts the heartbeats of a client. A second call changes nothing. */
  add(heart: Heart): void {
    if (this.#hearts.has(heart)) return;
    // The first ping comes at a random moment of the interval, so that a storm of connects causes no storm of
    // pings.
    heart.nextPing = this.clock.now() + Math.random() * this.intervalMs;
    this.#hearts.add(heart);
  }

  delete(heart: Heart): void {
    this.#hearts.delete(heart);
  }

  #sweep(): void {
    const now = this.clock.now();
    for (const heart of this.#hearts) {
      const wait = heart.nextPing - now;
      // The wait exceeds the interval only when the clock was set back.
      if (wait > 0 && wait <= this.intervalMs) continue;
      heart.nextPing = now + this.intervalMs;
      heart.beat();
    }
  }
}
