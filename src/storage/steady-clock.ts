import type { Clock } from "../core/ports/clock.ts";

/** How long a clock must have run evenly before it is believed. */
export const PROOF_MS = 3_600_000;
/** A clock that is disciplined moves by less than this between two looks. */
const SLACK_MS = 2_000;

/**
 * Whether the clock may decide what is deleted. Set ahead by a month, for four seconds, it would delete a month: so
 * after a jump it must first run for an hour as evenly as time passes.
 */
export class SteadyClock {
  #offset: number;
  #provenAt: number;

  /** `known`: when the clock was last believed, in milliseconds since the epoch; undefined when that does not matter. */
  constructor(
    private readonly clock: Clock,
    known: number | undefined,
  ) {
    this.#offset = this.#ahead();
    const gap = known === undefined ? 0 : Math.abs(clock.now() - known);
    this.#provenAt = clock.monotonic() + (gap > PROOF_MS ? PROOF_MS : 0);
  }

  /** Ask often: a jump there and back between two looks is none. */
  isProven(): boolean {
    const offset = this.#ahead();
    if (Math.abs(offset - this.#offset) > SLACK_MS) this.#provenAt = this.clock.monotonic() + PROOF_MS;
    this.#offset = offset;
    return this.clock.monotonic() >= this.#provenAt;
  }

  #ahead(): number {
    return this.clock.now() - this.clock.monotonic();
  }
}
