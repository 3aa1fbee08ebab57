import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  merge,
  nextSlotIn,
  recent,
  slots,
  type Unranked,
  WINDOW_MS,
} from "../../../src/protocols/hyperfocus/pacing.ts";

describe("the pace", () => {
  test("lets as many as it says through at once, and the next when a second is over", () => {
    const shown = [100, 100, 400];
    expect(slots(shown, 400, 3)).toBe(0);
    expect(slots(shown, 100 + WINDOW_MS, 3)).toBe(2);
    expect(nextSlotIn(shown, 400, 3)).toBe(WINDOW_MS - 300);
    expect(nextSlotIn(shown, 100 + WINDOW_MS, 3)).toBe(0);
  });

  test("of 0 is no limit", () => {
    expect(slots([1, 1, 1], 1, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(nextSlotIn([1, 1, 1], 1, 0)).toBe(0);
  });

  test("that was lowered counts what the higher one let through", () => {
    expect(slots([0, 10, 20, 30], 500, 2)).toBe(0);
    expect(nextSlotIn([0, 10, 20, 30], 500, 2)).toBe(20 + WINDOW_MS - 500);
  });

  test("does not wait an hour when the clock was set back an hour", () => {
    expect(slots([3_600_000], 0, 1)).toBe(1);
    expect(nextSlotIn([3_600_000], 3_600_000 - 900, 1)).toBe(WINDOW_MS);
  });

  test("for any arrivals: no second has more than it says, and a gift that waits is told exactly how long", () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 80 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), gaps, (pace, gaps) => {
        let shown: number[] = [];
        const all: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const wait = nextSlotIn(shown, now, pace);
          expect(slots(shown, now, pace) > 0).toBe(wait === 0);
          if (wait > 0) expect(slots(shown, now + wait - 1, pace)).toBe(0);
          now += wait;
          expect(slots(shown, now, pace)).toBeGreaterThan(0);
          shown = [...recent(shown, now), now];
          all.push(now);
        }
        for (const [at, time] of all.entries()) {
          expect((all[at + pace] ?? Number.POSITIVE_INFINITY) - time).toBeGreaterThanOrEqual(1_000);
        }
      }),
    );
  });
});

const sent = (said: Partial<Unranked>, metadata: Partial<Unranked["metadata"]>): Unranked => ({
  giftId: "g",
  giftType: "rose",
  quantity: 1,
  totalValue: 1,
  sender: { userId: "u", username: "U", avatar: "", isSubscriber: false, isModerator: false },
  animation: { type: "particle", duration: 1, assetUrl: "", soundUrl: "" },
  ...said,
  metadata: { isStreak: false, comboCount: 1, timestamp: "2025-10-28T23:59:59.999Z", ...metadata },
});

describe("two gifts shown as one", () => {
  test("add up, are the first for the host that acknowledges, and show the combo of the second", () => {
    const first = sent({ giftId: "a", quantity: 2, totalValue: 0.1 }, {});
    const second = sent(
      { giftId: "b", quantity: 3, totalValue: 0.2 },
      { isStreak: true, comboCount: 2, timestamp: "2025-10-29T00:00:00.000Z" },
    );
    expect(merge(first, second)).toEqual(
      sent({ giftId: "a", quantity: 5, totalValue: 0.3 }, { isStreak: true, comboCount: 2 }),
    );
  });

  test("have the better place of two that a backend gave, and the place of the sum otherwise", () => {
    expect(merge(sent({}, { rank: 3 }), sent({}, { rank: 2 })).metadata.rank).toBe(2);
    expect(merge(sent({}, { rank: 3 }), sent({}, {})).metadata.rank).toBeUndefined();
  });
});
