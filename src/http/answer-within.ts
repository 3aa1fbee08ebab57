import type { Clock } from "../core/ports/clock.ts";
import { Refusal } from "../core/protocol/refusal.ts";

const RETRY_MS = 1_000;

/**
 * Waits this long until what was recorded is applied, then rejects with a `busy` refusal. It may still be applied
 * later. A backend that repeats its request with the same id gets the right answer in both cases.
 */
export async function answerWithin<T>(
  clock: Pick<Clock, "after">,
  ms: number,
  work: Promise<T>,
  givenUp = () => {},
): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(ms, () => {
    givenUp();
    late.reject(new Refusal("busy", "busy", { retryAfter: RETRY_MS }));
  });
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
