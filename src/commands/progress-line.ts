/** How far a piece of work has come. */
export interface Progress {
  /** The command, and what it does now: `backup: copying`. */
  readonly what: string;
  /** From 0 to 1; undefined when nobody can say. */
  readonly fraction?: number | undefined;
  /** Milliseconds since this began. */
  readonly elapsed: number;
}

/** Below it nobody can say how long the rest takes. */
const TOO_LITTLE = 0.02;

/** One line for people: what, how far, how long still. Without a fraction: how long already. */
export function progressLine({ what, fraction, elapsed }: Progress): string {
  if (fraction === undefined) return `${what}, ${duration(elapsed)} so far`;
  const done = Math.min(1, fraction);
  const percent = `${what}, ${Math.floor(100 * done)} %`;
  return done < TOO_LITTLE ? percent : `${percent}, ${duration((elapsed / done) * (1 - done))} left`;
}

export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
