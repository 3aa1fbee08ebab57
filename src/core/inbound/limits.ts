import type { Clock } from "../ports/clock.ts";

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
  /** Buckets of keys that were given up before they had filled up again, by owner. */
  readonly #left = new Map<string, Bucket[]>();
  #leftCount = 0;
  readonly #full: number;
  #sweepAbove = SWEEP_ABOVE;
  #sweepLeftAbove = SWEEP_ABOVE;

  constructor(
    private readonly clock: Clock,
    private readonly perMinute: number,
    burst: number,
  ) {
    this.#full = UNIT * (burst === 0 ? perMinute : Math.min(burst, perMinute));
  }

  /** Everything passes: no key needs to be made. */
  get isOff(): boolean {
    return this.perMinute === 0;
  }

  /** 0 when it may pass; otherwise the milliseconds after which it may. */
  take(key: string, cost = 1): number {
    if (this.perMinute === 0) return 0;
    const now = this.clock.monotonic();
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#sweepAbove) this.#sweep(now);
      bucket = { level: this.#full, at: now };
      this.#buckets.set(key, bucket);
    } else {
      bucket.level = this.#filled(bucket, now);
      bucket.at = now;
    }
    const missing = cost * UNIT - bucket.level;
    if (missing > 0) return Math.ceil(missing / this.perMinute);
    bucket.level = -missing;
    return 0;
  }

  /** How many buckets are kept, of keys in use and of owners who have left some. */
  get sizes(): { readonly used: number; readonly left: number } {
    return { used: this.#buckets.size, left: this.#leftCount };
  }

  /**
   * The key is a connection's that has ended, of this owner: the next that the owner opens goes on with its bucket. So
   * an owner has no more buckets than connections at a time, however often they leave and come back.
   */
  release(key: string, owner: string | undefined): void {
    if (owner !== undefined) this.#leave(this.#buckets.get(key), owner);
    this.#buckets.delete(key);
  }

  /** The key is a connection's that has begun: a bucket that its owner has left behind becomes its own. */
  adopt(key: string, owner: string): void {
    const left = this.#left.get(owner);
    const bucket = left?.pop();
    if (!left || !bucket) return;
    this.#leftCount--;
    if (left.length === 0) this.#left.delete(owner);
    const own = this.#buckets.get(key);
    const now = this.clock.monotonic();
    const isEmptier = !own || this.#filled(bucket, now) < this.#filled(own, now);
    if (isEmptier) this.#buckets.set(key, bucket);
    if (own) this.#leave(isEmptier ? own : bucket, owner);
  }

  /** The key's connection has another owner now. Both owners keep the tokens that it has used. */
  transfer(key: string, from: string | undefined, to: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket && from !== undefined) this.#leave({ ...bucket }, from);
    this.adopt(key, to);
  }

  #leave(bucket: Bucket | undefined, owner: string): void {
    const now = this.clock.monotonic();
    if (!bucket || this.#filled(bucket, now) >= this.#full) return;
    if (this.#leftCount >= this.#sweepLeftAbove) this.#sweepLeft(now);
    const left = this.#left.get(owner);
    if (left) left.push(bucket);
    else this.#left.set(owner, [bucket]);
    this.#leftCount++;
  }

  #sweepLeft(now: number): void {
    this.#leftCount = 0;
    for (const [owner, buckets] of this.#left) {
      const still = buckets.filter((bucket) => this.#filled(bucket, now) < this.#full);
      if (still.length === 0) this.#left.delete(owner);
      else this.#left.set(owner, still);
      this.#leftCount += still.length;
    }
    this.#sweepLeftAbove = Math.max(SWEEP_ABOVE, this.#leftCount * 2);
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
