import type { Clock } from "../core/ports/clock.ts";

export const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 600_000;

/** Milliseconds until the next attempt, after this many: a random part of a cap that doubles. `random` is below 1. */
export function backoffMs(attempts: number, retryAfter: number, random: number): number {
  const cap = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(20, attempts - 1));
  return Math.max(retryAfter, Math.ceil(random * cap));
}

/** Resolves after this time, or when the signal aborts. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
