import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";

/** A commit proves for this long that the store can be written. */
const PROVEN_MS = 1_000;
/** A disk that is full for a message may still have room for a row. */
const MESSAGE_BYTES = 65_536;

/** Whether the store can be written. Turns report their commits; without commits a trial write finds out. */
export class StoreHealth {
  #works = true;
  #provenAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly store: Pick<Store, "probe">,
    private readonly clock: Clock,
    /** It can no longer be written, for this reason, or can again. */
    private readonly changed: (failure: unknown) => void = () => {},
  ) {}

  committed(): void {
    this.#provenAt = this.clock.monotonic();
    if (this.#works) return;
    this.#works = true;
    this.changed(undefined);
  }

  failed(error: unknown): void {
    if (!this.#works) return;
    this.#works = false;
    this.changed(error);
  }

  /** As its last use had it, for who asks all the time: tries it only when that failed. */
  seemsToWork(): boolean {
    return this.#works || this.works();
  }

  /** Tries it when it has failed, or when nothing was committed for a second. */
  works(): boolean {
    if (this.#works && this.clock.monotonic() - this.#provenAt < PROVEN_MS) return true;
    try {
      this.store.probe(this.#works ? 0 : MESSAGE_BYTES);
      this.committed();
    } catch (error) {
      this.failed(error);
    }
    return this.#works;
  }
}
