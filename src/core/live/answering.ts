import type { Connection } from "../outbound/connection.ts";
import type { Clock } from "../ports/clock.ts";

/** How long a peer has to answer a ping that is sent now. */
export const ANSWER_MS = 2_000;

interface Question {
  readonly silent: Set<Connection>;
  readonly done: () => void;
}

/** Pings connections now. A half-open socket, whose peer vanished without a close, does not answer. */
export class Answering {
  readonly #questions = new Set<Question>();

  constructor(private readonly clock: Clock) {}

  /** Resolves to the connections that have sent nothing within `ANSWER_MS`; at once when all have answered. */
  async silentOf(connections: Iterable<Connection>): Promise<Connection[]> {
    const silent = new Set(connections);
    if (silent.size === 0) return [];
    for (const connection of silent) connection.socket.ping();
    const { promise, resolve } = Promise.withResolvers<void>();
    const question = { silent, done: resolve };
    this.#questions.add(question);
    const cancel = this.clock.after(ANSWER_MS, resolve);
    await promise;
    cancel();
    this.#questions.delete(question);
    return [...silent].filter(({ open }) => open);
  }

  /** A sign of life. */
  heard(connection: Connection): void {
    for (const { silent, done } of this.#questions) {
      if (silent.delete(connection) && silent.size === 0) done();
    }
  }

  get isAsking(): boolean {
    return this.#questions.size > 0;
  }
}
