import type { Connection } from "../outbound/connection.ts";
import type { Clock } from "../ports/clock.ts";

const WAIT_MS = 10;
/** Connections that get a page in one turn of the event loop; the others wait for theirs in order. */
const STEPS_A_TURN = 64;

/** Who is to get a page next: a connection comes here again when its peer has read most of the last one. */
export class PageQueue {
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    /** The next page waits while more unsent bytes than this are queued. */
    private readonly enoughUnsent: number,
  ) {}

  add(connection: Connection, step: () => void): void {
    if (connection.unsent() > this.enoughUnsent) {
      this.clock.after(WAIT_MS, () => connection.open && this.add(connection, step));
    } else if (this.#waiting.push(step) === 1) setImmediate(this.#next);
  }

  readonly #next = (): void => {
    for (const step of this.#waiting.splice(0, STEPS_A_TURN)) step();
    if (this.#waiting.length > 0) setImmediate(this.#next);
  };
}
