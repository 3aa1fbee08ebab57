import type { Clock } from "./clock.ts";

/** Contract diet-game: Rate Limiting. 0 messages a minute is no limit. */
export interface Rate {
  readonly messagesPerMinute: number;
  readonly burstLimit: number;
}

/** Less than the server's figures: messages that were sent apart may arrive together. */
export const politeRate: Rate = { messagesPerMinute: 100, burstLimit: 90 };

const MINUTE_MS = 60_000;

/** A bucket that fills up again while time passes. */
export class Bucket {
  /** Full at first. */
  #level = Infinity;
  #at = 0;

  constructor(
    private readonly clock: Clock,
    private readonly rate: Rate,
  ) {}

  /** Takes one out and returns 0, or the milliseconds after which one can be taken. */
  take(): number {
    const { burstLimit, messagesPerMinute } = this.rate;
    if (messagesPerMinute === 0) return 0;
    const now = this.clock.now();
    const gained = (Math.max(0, now - this.#at) * messagesPerMinute) / MINUTE_MS;
    this.#level = Math.min(burstLimit, this.#level + gained);
    this.#at = now;
    if (this.#level < 1) return Math.ceil(((1 - this.#level) * MINUTE_MS) / messagesPerMinute);
    this.#level--;
    return 0;
  }
}
