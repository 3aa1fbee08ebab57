import fc from "fast-check";
import type { StoreFault } from "./instance.ts";

/** One step of a simulation. `who` and `much` choose the actor and the amount; some actions ignore them. */
export interface Action {
  readonly what:
    | "connect"
    | "speak"
    | "flood"
    | "disturb"
    | "read"
    | "cut"
    | "shuffle"
    | "turn"
    | "advance"
    | "jump"
    | "crash"
    /** With several nodes: what one of them has sent is in the log now, or the log's next batches come to it. */
    | "arrive"
    | "deliver"
    /** With several nodes: a user comes to a place or goes, or types there. */
    | "visit"
    | "type"
    /** Retention, and backends that repeat what is old, change rooms, fill memory, or revoke a user's tokens. */
    | "trim"
    | "repeat"
    | "change"
    | "strangers"
    | "shower"
    | "revoke"
    /** With several nodes: half an hour in which nobody says anything, so that rooms leave memory. */
    | "silence"
    | StoreFault;
  readonly who: number;
  readonly much: number;
}

/** How often each occurs, in relation to the others. */
const weights: Partial<Record<Action["what"], number>> = {
  ...{
    connect: 4,
    speak: 14,
    flood: 4,
    disturb: 1,
    read: 10,
    cut: 3,
    shuffle: 3,
    turn: 8,
    advance: 3,
    jump: 1,
  },
  ...{ crash: 1, fail: 2, "crash before the commit": 1, "crash after the commit": 1 },
};

const action = (weights: Partial<Record<Action["what"], number>>): fc.Arbitrary<Action> =>
  fc.record({
    what: fc.oneof(
      ...Object.entries(weights).map(([what, weight]) => ({
        weight,
        arbitrary: fc.constant(what as Action["what"]),
      })),
    ),
    who: fc.nat(60),
    much: fc.nat(100),
  });

/** The actions of one simulation. */
export const actions: fc.Arbitrary<Action[]> = fc.array(action(weights), { maxLength: 60, size: "max" });

/** Milliseconds by which the clock of a node is wrong. */
const skew = fc.integer({ min: -10_000, max: 10_000 });
/** And of several nodes on one log: two that clients come to, and two where some only listen. */
export const nodeRuns = fc.tuple(
  fc.array(
    action({
      ...weights,
      ...{ arrive: 8, deliver: 16, visit: 14, type: 6 },
      ...{ trim: 2, repeat: 10, change: 2, strangers: 1, shower: 1, revoke: 3, shuffle: 6, crash: 3 },
    }),
    {
      maxLength: 60,
      size: "max",
    },
  ),
  fc.tuple(skew, skew),
  fc.tuple(skew, skew),
);
