import type { Clock } from "../core/ports/clock.ts";
import { cutText } from "../core/protocol/cut.ts";

/** One error, for operators. It never holds a token or a message's text. */
export interface RecentError {
  /** Counted from 1 at the start of the server. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** The part of the server that reported it. */
  readonly where: string;
  readonly message: string;
  /** The code of SQLite or of the system, if any. */
  readonly code: string | undefined;
}

const KEPT = 500;
const LONGEST = 500;

/** The last 500 errors. */
export class RecentErrors {
  readonly #errors: RecentError[] = [];
  total = 0;

  constructor(private readonly clock: Clock) {}

  add(error: unknown, where: string): void {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
    this.#errors.push({
      id: ++this.total,
      time: this.clock.now(),
      where,
      message: cutText(withoutTokens(message), LONGEST),
      code,
    });
    if (this.#errors.length > KEPT) this.#errors.shift();
  }

  /** Newest first, at most `limit`, of those before this id. */
  page(limit: number, before = Number.POSITIVE_INFINITY): RecentError[] {
    return this.#errors
      .filter(({ id }) => id < before)
      .reverse()
      .slice(0, limit);
  }
}

const withoutTokens = (text: string): string => text.replace(/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, "<token>");
