export interface QueueOptions {
  /** So many wait at most; 1,000. */
  readonly limit?: number;
  /** What becomes of one more: it is refused, or the oldest makes room for it. */
  readonly whenFull?: "refuse" | "drop-oldest";
}

/** Thrown to, or about, a message for which there was no room. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

const LIMIT = 1_000;

/** Messages that wait, oldest first (contract diet-game: Message Queue). */
export class MessageQueue<Message> {
  #waiting: Message[] = [];
  readonly #limit: number;
  readonly #whenFull: "refuse" | "drop-oldest";

  constructor({ limit = LIMIT, whenFull = "refuse" }: QueueOptions = {}) {
    this.#limit = limit;
    this.#whenFull = whenFull;
  }

  /** Returns the message that was dropped for this one. Throws `QueueFull` where none is. */
  enqueue(message: Message): Message | undefined {
    const full = this.#waiting.length >= this.#limit;
    if (full && this.#whenFull === "refuse") throw new QueueFull(`${this.#limit} messages wait already`);
    const dropped = full ? this.#waiting.shift() : undefined;
    this.#waiting.push(message);
    return dropped;
  }

  /** Ahead of all that wait, however many. */
  prepend(messages: readonly Message[]): void {
    this.#waiting.unshift(...messages);
  }

  dequeue(): Message | null {
    return this.#waiting.shift() ?? null;
  }

  isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  size(): number {
    return this.#waiting.length;
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Takes out those that this holds for. */
  remove(holds: (message: Message) => boolean): Message[] {
    const removed = this.#waiting.filter(holds);
    this.#waiting = this.#waiting.filter((message) => !holds(message));
    return removed;
  }
}
