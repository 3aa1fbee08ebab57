const TICK_MS = 10;

/**
 * Resolves when it is done, or when what it has reached has not changed for `ms`. The time is counted in ticks of this
 * process: while a busy machine does not run it, it does not run its servers either.
 */
export async function waitFor(
  done: () => boolean | Promise<boolean>,
  reached: () => unknown,
  ms: number,
  tickMs = TICK_MS,
): Promise<void> {
  let [left, last] = [ms, reached()];
  while (!(await done()) && left > 0) {
    await Bun.sleep(tickMs);
    left -= tickMs;
    const now = reached();
    if (now !== last) [left, last] = [ms, now];
  }
}
