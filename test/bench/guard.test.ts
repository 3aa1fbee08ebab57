import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { judge } from "../../bench/guard-verdict.ts";

const bare = [100, 101, 102, 103, 104, 105];
const times = (factor: number) => bare.map((cost) => cost * factor);
/** What other processes do to a few rounds. */
const disturbed = (costs: readonly number[]) => costs.map((cost, at) => (at % 2 ? cost * 1.6 : cost));

describe("the guard, with 1.2 × bare stored,", () => {
  test("lets pass what costs the same, or less", () => {
    expect(judge({ bare, ours: times(1.2) }, 1.2)).toMatchObject({ ratio: 1.2, says: "fine" });
    expect(judge({ bare, ours: times(0.9) }, 1.2).says).toBe("fine");
  });

  test("sees a quarter more", () => {
    expect(judge({ bare, ours: times(1.5) }, 1.2).says).toBe("slower");
  });

  test("is not misled by rounds that were disturbed, of either server", () => {
    expect(judge({ bare, ours: disturbed(times(1.2)) }, 1.2).says).toBe("fine");
    expect(judge({ bare: disturbed(bare), ours: times(1.5) }, 1.2).says).toBe("slower");
  });

  test("says that it cannot tell when bare's own rounds are far apart, but never of what is fine", () => {
    const wild = [100, 140, 180, 220, 260, 300];
    expect(judge({ bare: wild, ours: wild.map((cost) => cost * 1.5) }, 1.2).says).toBe("too busy to tell");
    expect(judge({ bare: wild, ours: wild }, 1.2).says).toBe("fine");
  });

  test("does not depend on the order of the rounds", () => {
    const costs = fc.array(fc.integer({ min: 50, max: 500 }), { minLength: 6, maxLength: 12 });
    fc.assert(
      fc.property(costs, costs, (one, other) => {
        const sorted = { bare: one.toSorted(), ours: other.toSorted() };
        expect(judge({ bare: one, ours: other }, 1.2)).toEqual(judge(sorted, 1.2));
      }),
    );
  });
});
