/** Stops what `every` or `after` started. Calling it again does nothing. */
export type Cancel = () => void;

/** Time, injected, so that limits, heartbeats, expiries and pacing are tested without waiting. */
export interface Clock {
  /** Milliseconds since the epoch, from the machine's clock, which may be set. For times that are shown or stored. */
  now(): number;
  /** Milliseconds since some moment, which only ever grow as time passes. For ages, waits and limits. */
  monotonic(): number;
  /** Runs `work` every `ms` milliseconds. Does not keep the process alive. */
  every(ms: number, work: () => void): Cancel;
  /** Runs `work` once, `ms` milliseconds from now. Does not keep the process alive. */
  after(ms: number, work: () => void): Cancel;
}

export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  every(ms, work) {
    const timer = setInterval(work, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
  after(ms, work) {
    const timer = setTimeout(work, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
