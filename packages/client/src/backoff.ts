/** When a lost connection is tried again. Times are in milliseconds. */
export interface Backoff {
  /** Attempts in a row after which it is given up. */
  readonly maxAttempts: number;
  /** The first delay is at most this long. */
  readonly baseDelay: number;
  readonly backoffMultiplier: number;
  readonly maxBackoff: number;
}

/** Where a contract gives no figures. */
export const patient: Backoff = {
  maxAttempts: Infinity,
  baseDelay: 1_000,
  backoffMultiplier: 2,
  maxBackoff: 30_000,
};

/** How long to wait before an attempt, the first being 0: anywhere below a bound that grows, so that a crowd spreads out. */
export function delayBefore(attempt: number, backoff: Backoff, random: () => number): number {
  const { baseDelay, backoffMultiplier, maxBackoff } = backoff;
  return random() * Math.min(maxBackoff, baseDelay * backoffMultiplier ** attempt);
}
