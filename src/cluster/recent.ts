import type { Clock } from "../core/ports/clock.ts";

/** What each node said last, until it has been silent for some time. */
export class Recent<Said> {
  readonly #heard = new Map<string, { readonly said: Said; readonly at: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly ms: number,
  ) {}

  set(id: string, said: Said): void {
    this.#heard.set(id, { said, at: this.clock.monotonic() });
  }

  delete(id: string): void {
    this.#heard.delete(id);
  }

  values(): Said[] {
    const now = this.clock.monotonic();
    for (const [id, { at }] of this.#heard) if (now - at >= this.ms) this.#heard.delete(id);
    return Array.from(this.#heard.values(), ({ said }) => said);
  }
}
