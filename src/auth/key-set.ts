import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from "jose";
import type { Clock } from "../core/ports/clock.ts";
import { Refusal } from "../core/protocol/refusal.ts";

/** Least time in milliseconds between the starts of two fetches, however many tokens arrive. */
const FETCH_GAP_MS = 1_000;
/**
 * Milliseconds after which the set is fetched again. A key that was removed from the set is accepted for at
 * most this long.
 */
const MAX_AGE_MS = 300_000;

export interface KeySetOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Milliseconds that one fetch may take. */
  readonly timeoutMs: number;
  /** Called when the set cannot be fetched; called again only after a fetch has succeeded since. */
  readonly log: (line: string) => void;
}

export interface KeySet {
  /**
   * The key that a token's header names. An unknown key is looked up in a set whose fetch began after the
   * call, so a rotated key is found at most about a second late. When a fetch fails, keys fetched earlier
   * remain valid, and any other key is a `Refusal` `unavailable`.
   */
  readonly keyFor: JWTVerifyGetKey;
  /** Fetches the set. Rejects with a `Refusal` `unavailable`. */
  refresh(): Promise<void>;
}

export function createKeySet({ url, clock, timeoutMs, log }: KeySetOptions): KeySet {
  // Never fetches by itself: jose's cooldown starts only at a successful fetch, so while the endpoint fails
  // each token would cause another request.
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: timeoutMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
  });
  let fetches = 0;
  let lastBegan = Number.NEGATIVE_INFINITY;
  let failing = false;
  let pending: Promise<void> | undefined;

  async function fetchInTurn(): Promise<void> {
    const wait = Math.min(FETCH_GAP_MS, lastBegan + FETCH_GAP_MS - clock.monotonic());
    if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
    fetches += 1;
    lastBegan = clock.monotonic();
    try {
      await keys.reload();
      failing = false;
    } catch (error) {
      const cause = error instanceof Error ? error.message : String(error);
      if (!failing)
        log(
          `JWT_JWKS_URL: the key set cannot be fetched (${cause}); tokens with unknown keys are refused until it can`,
        );
      failing = true;
      throw Object.assign(new Refusal("unavailable", "Authentication unavailable"), { cause });
    }
  }

  function refresh(): Promise<void> {
    pending ??= fetchInTurn().finally(() => {
      pending = undefined;
    });
    return pending;
  }

  return {
    refresh,
    async keyFor(header, token) {
      const fetchesBefore = fetches;
      if (!keys.fresh) await refresh();
      else if (clock.monotonic() - lastBegan >= MAX_AGE_MS) await refresh().catch(() => {});
      while (true) {
        try {
          return await keys(header, token);
        } catch (error) {
          const fetchedSince = fetches > fetchesBefore;
          if (!(error instanceof errors.JWKSNoMatchingKey) || fetchedSince) throw error;
        }
        await refresh();
      }
    },
  };
}
