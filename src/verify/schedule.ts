import type { Random } from "./random.ts";

/** What goes wrong, and how often, in milliseconds between two of a kind. */
const EVERY = {
  /** SIGKILL, and a start on the same data. */
  kill: 3_000,
  /** A connection ends without a word. */
  cut: 400,
  /** A client is gone, and its connection stays open. */
  abandon: 2_500,
  /** Readers stop reading while more is sent than anybody keeps for them. */
  stall: 2_200,
  /** What no client should send, on connections that go on. */
  disturb: 300,
  /** Bytes that are no WebSocket frames. */
  garbage: 500,
  /** No file may grow. */
  disk: 8_000,
} as const;
export type Mishap = keyof typeof EVERY;
export const MISHAPS = Object.keys(EVERY) as Mishap[];

export interface Moment {
  /** Milliseconds from the start. */
  readonly at: number;
  readonly what: Mishap;
  /** 0 to 1: whom it befalls, and how long it lasts. */
  readonly who: number;
  readonly long: number;
}

/** The same for the same seed. The first of each kind comes early, so that a short run has it too. */
export function scheduleOf(random: Random, seconds: number, mishaps: readonly Mishap[]): Moment[] {
  const moments: Moment[] = [];
  for (const what of mishaps) {
    const every = EVERY[what];
    const own = random.fork(what);
    for (
      let at = every * (0.2 + 0.4 * own.next());
      at < seconds * 1_000;
      at += every * (0.4 + 1.2 * own.next())
    ) {
      moments.push({ at: Math.round(at), what, who: own.next(), long: own.next() });
    }
  }
  return moments.sort((a, b) => a.at - b.at);
}
