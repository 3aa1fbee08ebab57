export interface QueueOptions {
  /** The most that wait; 1,000. */
  readonly limit?: number;
  /** What becomes of one more: it is refused, or the oldest makes room for it. */
  readonly whenFull?: "refuse" | "drop-oldest";
}

/** Thrown to, or about, a message for which there was no room. */
export class QueueFull extends Error {
  override readonly name = "QueueFull";
}

const LIMIT = 1_000;

/** Puts one behind those that wait. Returns the one that was dropped for it. Throws `QueueFull` where none is. */
export function enqueue<Message>(
  waiting: Message[],
  message: Message,
  { limit = LIMIT, whenFull = "refuse" }: QueueOptions = {},
): Message | undefined {
  const isFull = waiting.length >= limit;
  if (isFull && whenFull === "refuse") throw new QueueFull(`${limit} messages wait already`);
  const dropped = isFull ? waiting.shift() : undefined;
  waiting.push(message);
  return dropped;
}

/** Messages that wait, oldest first (contract diet-game: Message Queue). */
export class MessageQueue<Message> {
  readonly #waiting: Message[] = [];

  constructor(private readonly options: QueueOptions = {}) {}

  /** Returns the message that was dropped for this one. Throws `QueueFull` where none is. */
  enqueue(message: Message): Message | undefined {
    return enqueue(this.#waiting, message, this.options);
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
    this.#waiting.length = 0;
  }
}
