import { PostRefusal } from "../core/inbound/publish-api.ts";
import type { Clock } from "../core/ports/clock.ts";

const RETRY_MS = 1_000;

/**
 * Delivers items one after another. A failed item is tried again until it succeeds; no later item overtakes
 * it.
 */
export class InOrder<Item> {
  readonly #waiting: Item[] = [];
  #working = false;
  #stopped = false;

  constructor(
    private readonly clock: Clock,
    private readonly deliver: (item: Item) => Promise<unknown>,
    private readonly warn: (line: string) => void,
  ) {}

  add(item: Item): void {
    this.#waiting.push(item);
    if (!this.#working) void this.#work();
  }

  stop(): void {
    this.#stopped = true;
  }

  async #work(): Promise<void> {
    this.#working = true;
    let failures = 0;
    for (let item = this.#waiting[0]; item !== undefined && !this.#stopped; item = this.#waiting[0]) {
      try {
        await this.deliver(item);
        if (failures > 0) this.warn("events are stored again");
        failures = 0;
        this.#waiting.shift();
      } catch (error) {
        if (error instanceof PostRefusal) {
          // The server would refuse it every time.
          this.warn(`an event was refused: ${error.issues.map(({ path }) => path).join(", ")}`);
          this.#waiting.shift();
        } else {
          if (failures++ === 0) this.warn("events cannot be stored; they wait until they can");
          await new Promise<void>((resolve) => this.clock.after(RETRY_MS, resolve));
        }
      }
    }
    this.#working = false;
  }
}
