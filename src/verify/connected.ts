import type { Actor } from "./harness.ts";

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 1_000;

/**
 * Reconnects every actor that is gone, later after each failed attempt. A run has only one: two would connect an actor
 * twice.
 */
export class Connected {
  readonly #next = new Map<Actor, { at: number; backoff: number }>();
  readonly #busy = new Set<Actor>();

  constructor(private readonly actors: readonly Actor[]) {}

  reconnect(actors = this.actors): void {
    const now = performance.now();
    for (const actor of actors) {
      const { at, backoff } = this.#next.get(actor) ?? { at: 0, backoff: FIRST_BACKOFF_MS };
      if (actor.isIn) this.#next.delete(actor);
      if (actor.isIn || now < at || this.#busy.has(actor)) continue;
      this.#next.set(actor, { at: now + backoff, backoff: Math.min(LONGEST_BACKOFF_MS, 2 * backoff) });
      this.#busy.add(actor);
      void actor.connect().finally(() => this.#busy.delete(actor));
    }
  }
}
