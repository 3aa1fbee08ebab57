import type { Clock } from "../core/ports/clock.ts";

/** Other nodes that wait until this one has applied the log up to a position. */
export class Applied {
  #waiting: { readonly position: number; readonly reached: () => void }[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly applied: () => number,
    /** For how long they wait. */
    private readonly patienceMs: number,
  ) {}

  /** Resolves when it has; never, when that takes too long. */
  reached(position: number): Promise<void> {
    if (this.applied() >= position) return Promise.resolve();
    return new Promise((reached) => {
      const waiting = { position, reached };
      this.#waiting.push(waiting);
      this.clock.after(this.patienceMs, () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting);
      });
    });
  }

  /** To be called whenever more of the log was applied. */
  committed(): void {
    const [first] = this.#waiting;
    if (!first) return;
    const applied = this.applied();
    const reached = this.#waiting.filter(({ position }) => position <= applied);
    this.#waiting = this.#waiting.filter(({ position }) => position > applied);
    for (const one of reached) one.reached();
  }
}
