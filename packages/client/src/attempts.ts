import { type Backoff, delayBefore } from "./backoff.ts";

/** The attempts in a row at one connection. */
export class Attempts {
  /** How many there were after the first. */
  made = 0;
  /** Milliseconds, said by the server: the next attempt is made exactly then, or not before. */
  wish: { readonly ms: number; readonly exact: boolean } | undefined;

  constructor(
    public backoff: Backoff,
    readonly random: () => number,
  ) {}

  /** Counts one more; how many milliseconds to wait before it. */
  next(): number {
    const { ms, exact } = this.wish ?? { ms: 0, exact: false };
    this.wish = undefined;
    const attempt = this.made++;
    return exact ? ms : ms + delayBefore(attempt, this.backoff, this.random);
  }
}
