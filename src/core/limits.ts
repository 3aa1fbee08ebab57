import type { Clock } from "./clock.ts";

interface Bucket {
  /** What may pass, in the unit below. */
  level: number;
  at: number;
}

/** Levels count in 60,000ths of a message: whole numbers, so that a wait is exact to the millisecond. */
const UNIT = 60_000;

/** Buckets that have filled up again are dropped when there are more than this. */
const SWEEP_ABOVE = 10_000;

/**
 * Token buckets by key. In any stretch of `t` minutes no key gets more than `burst + t * perMinute`
 * through, and `burst` is never more than `perMinute`. A rate of 0 lets everything through.
 */
export class Limiter {
  readonly #buckets = new Map<string, Bucket>();
  readonly #full: number;
  #sweepAbove = SWEEP_ABOVE;

  constructor(
    private readonly clock: Clock,
    private readonly perMinute: number,
    burst: number,
  ) {
    this.#full = UNIT * (burst === 0 ? perMinute : Math.min(burst, perMinute));
  }

  /** 0 when it may pass; otherwise the milliseconds after which it may. */
  take(key: string, cost = 1): number {
    if (this.perMinute === 0) return 0;
    const now = this.clock.now();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#sweepAbove) this.#sweep(now);
      bucket = { level: this.#full, at: now };
      this.#buckets.set(key, bucket);
    } else {
      // A clock that was set back gives nothing, and takes nothing.
      if (now > bucket.at) bucket.level = this.#filled(bucket, now);
      bucket.at = now;
    }
    const missing = cost * UNIT - bucket.level;
    if (missing > 0) return Math.ceil(missing / this.perMinute);
    bucket.level = -missing;
    return 0;
  }

  #filled(bucket: Bucket, now: number): number {
    return Math.min(this.#full, bucket.level + (now - bucket.at) * this.perMinute);
  }

  #sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) {
      if (this.#filled(bucket, now) >= this.#full) this.#buckets.delete(key);
    }
    this.#sweepAbove = Math.max(SWEEP_ABOVE, this.#buckets.size * 2);
  }
}
