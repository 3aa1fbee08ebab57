/** Time, so that tests need not wait for it. The server's own clocks fit. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `work` once, in `ms` milliseconds; the result stops that. */
  after(ms: number, work: () => void): () => void;
}

export const systemClock: Clock = {
  now: Date.now,
  after(ms, work) {
    // A timer that is set to more than 2^31 - 1 ends at once. This is eleven days.
    const timer = setTimeout(work, Math.min(ms, 1e9));
    return () => clearTimeout(timer);
  },
};
