import fc from "fast-check";
import type { Move } from "./world.ts";

/** How often each is made, beside the others. */
const often: Record<Move["what"], number> = {
  ...{ come: 4, speak: 14, flood: 4, disturb: 1, read: 10, cut: 3, shuffle: 3, turn: 8, pass: 3, jump: 1 },
  ...{ die: 1, fail: 2, "die before the commit": 1, "die after the commit": 1 },
};

const move: fc.Arbitrary<Move> = fc.record({
  what: fc.oneof(
    ...Object.entries(often).map(([what, weight]) => ({
      weight,
      arbitrary: fc.constant(what as Move["what"]),
    })),
  ),
  who: fc.nat(60),
  much: fc.nat(100),
});

/** What happens in one world. */
export const moves: fc.Arbitrary<Move[]> = fc.array(move, { maxLength: 60, size: "max" });
