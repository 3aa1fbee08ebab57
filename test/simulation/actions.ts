import fc from "fast-check";
import type { Action } from "./simulation.ts";

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

/** And of several nodes on one log. */
export const nodeActions: fc.Arbitrary<Action[]> = fc.array(
  action({ ...weights, arrive: 8, deliver: 16, crash: 2 }),
  { maxLength: 60, size: "max" },
);
