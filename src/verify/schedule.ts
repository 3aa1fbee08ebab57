import type { Random } from "./random.ts";

/** The faults and how often each occurs: milliseconds between two of a kind. */
const EVERY = {
  /** SIGKILL, and a restart on the same data. Of several nodes and the servers of their log, one; sometimes two of the latter. */
  kill: 3_000,
  /** A connection ends without a close frame. */
  cut: 400,
  /** A client is gone, but its connection stays open. */
  abandon: 2_500,
  /** Readers stop reading while more is sent than the server keeps for them. */
  stall: 2_200,
  /** Broken messages, on connections that go on. */
  disturb: 300,
  /** Bytes that are not WebSocket frames. */
  garbage: 500,
  /** No file may grow. */
  disk: 8_000,
} as const;

/** Faults that only several nodes have. */
const EVERY_OF_NODES = {
  /** SIGSTOP and SIGCONT of a node or of a server of the log. */
  pause: 4_000,
  /** A node is cut off from servers of the log, or those from each other, in one direction or in both. */
  partition: 3_500,
  /** The clock of a node is set, to at most 10 s beside the right time. */
  clock: 5_000,
  /** A node joins with an empty database. */
  join: 9_000,
  /** All nodes are restarted with SIGTERM, one after another. */
  roll: 15_000,
} as const;

const ALL = { ...EVERY, ...EVERY_OF_NODES };
export type NodeMishap = keyof typeof EVERY_OF_NODES;
export type Mishap = keyof typeof ALL;
/** Those that one server alone can have. */
export const MISHAPS = Object.keys(EVERY) as Mishap[];
export const NODE_MISHAPS = Object.keys(EVERY_OF_NODES) as NodeMishap[];
export const ALL_MISHAPS = Object.keys(ALL) as Mishap[];

export interface Moment {
  /** Milliseconds from the start. */
  readonly at: number;
  readonly what: Mishap;
  /** 0 to 1: chooses the victim and the duration. */
  readonly who: number;
  readonly long: number;
}

/**
 * The same schedule for the same seed. The first fault of each kind comes early, so that a short run has it
 * too.
 */
export function scheduleOf(random: Random, seconds: number, mishaps: readonly Mishap[]): Moment[] {
  const moments: Moment[] = [];
  for (const what of mishaps) {
    const every = ALL[what];
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
