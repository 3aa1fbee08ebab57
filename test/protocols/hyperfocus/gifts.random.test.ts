import { expect, test } from "bun:test";
import fc from "fast-check";
import { shownAt } from "../../../src/protocols/hyperfocus/gifts.ts";
import { nextSlotIn } from "../../../src/protocols/hyperfocus/pacing.ts";
import type { Gift, PostedGift } from "../../../src/protocols/hyperfocus/schema.ts";
import { from } from "./frames.ts";
import { createStreamLog, type StreamLog } from "./stream-log.ts";

interface Step {
  /** Milliseconds since the step before. */
  readonly after: number;
  readonly sender: number;
  readonly giftType: string;
  readonly quantity: number;
  readonly totalValue: number | undefined;
  /** Begin with an empty memory before it. */
  readonly restart: boolean;
}

interface Shown {
  readonly gift: Gift;
  readonly time: number;
}

const steps = fc.array(
  fc.record<Step>({
    after: fc.oneof(
      { arbitrary: fc.integer({ min: 0, max: 150 }), weight: 5 },
      { arbitrary: fc.integer({ min: 0, max: 6_000 }), weight: 1 },
    ),
    sender: fc.integer({ min: 1, max: 4 }),
    giftType: fc.constantFrom("rose", "rocket"),
    quantity: fc.integer({ min: 1, max: 9 }),
    totalValue: fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined }),
    restart: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60 },
);
const paces = fc.integer({ min: 0, max: 4 });

/** Lets a backend post these, and time do the rest, until nothing waits. */
function play(log: StreamLog, steps: readonly Step[], pace: number, restarts: boolean): Shown[] {
  const shown: Shown[] = [];
  const apply = (kind: string, body: unknown, time: number) => {
    for (const event of log.apply(kind, body, time)) {
      if (!event.silent) shown.push({ gift: JSON.parse(event.body), time });
    }
  };
  let now = 1_000_000;
  const passTime = (end: number) => {
    while (log.state().waiting.size > 0) {
      const due = now + nextSlotIn(shownAt(log.state()), now, pace);
      if (due > end) break;
      now = due;
      apply("release", { pace }, now);
    }
    now = Math.max(now, end);
  };
  for (const { after, restart, sender, ...posted } of steps) {
    passTime(now + after);
    if (restart && restarts) log.restart();
    apply("gift", { gift: { metadata: {}, ...from(`u${sender}`, posted) }, pace }, now);
  }
  while (log.state().waiting.size > 0) passTime(now + 1_000);
  return shown;
}

function played(list: readonly Step[], pace: number, restarts = true) {
  const log = createStreamLog();
  try {
    const goal = { type: "revenue", target: 1, current: 0, description: "" };
    log.apply("status", { isLive: true, startedAt: null, currentGoal: goal }, 0);
    const shown = play(log, list, pace, restarts);
    const { currentGoal } = log.state().status.get("") ?? {};
    return { shown, rows: log.rows(), revenue: currentGoal?.current };
  } finally {
    log.close();
  }
}

/** What each sender gave of each type, in all. */
function sums(gifts: Iterable<{ key: string; quantity: number; value: number }>): Record<string, number[]> {
  const sums: Record<string, number[]> = {};
  for (const { key, quantity, value } of gifts) {
    const [quantities = 0, values = 0] = sums[key] ?? [];
    sums[key] = [quantities + quantity, values + value];
  }
  return sums;
}

/** What each gift is worth, its own value or that of the last of its type. */
function* valued(list: readonly Step[]) {
  const units: Record<string, number> = {};
  for (const { sender, giftType, quantity, totalValue } of list) {
    if (totalValue !== undefined) units[giftType] = totalValue / quantity;
    yield { key: `u${sender} ${giftType}`, quantity, value: totalValue ?? quantity * (units[giftType] ?? 1) };
  }
}

const keyOf = ({ sender, giftType }: PostedGift) => `${sender.userId} ${giftType}`;
const close = (sums: Record<string, number[]>) =>
  Object.fromEntries(
    Object.entries(sums).map(([key, all]) => [key, all.map((sum) => expect.closeTo(sum, 6))]),
  );

test("for any gifts: all is shown, nothing twice, and quantities and values add up", () => {
  fc.assert(
    fc.property(steps, paces, (list, pace) => {
      const { shown, revenue } = played(list, pace);
      const all = shown.map(({ gift }) => ({
        key: keyOf(gift),
        quantity: gift.quantity,
        value: gift.totalValue,
      }));
      expect(sums(all)).toEqual(close(sums(valued(list))));
      expect(new Set(shown.map(({ gift }) => gift.giftId)).size).toBe(shown.length);
      expect(revenue).toBeCloseTo(
        all.reduce((sum, { value }) => sum + value, 0),
        6,
      );
      if (pace === 0) expect(shown).toHaveLength(list.length);
    }),
  );
});

test("for any gifts: no second shows more than the pace", () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 4 }), (list, pace) => {
      const times = played(list, pace).shown.map(({ time }) => time);
      for (const [at, time] of times.entries()) {
        expect((times[at + pace] ?? Number.POSITIVE_INFINITY) - time).toBeGreaterThanOrEqual(1_000);
      }
    }),
  );
});

test("for any gifts: combos, streaks and ranks are what counting by hand says", () => {
  fc.assert(
    fc.property(steps, paces, (list, pace) => {
      const { shown } = played(list, pace);
      const combos: Record<string, { count: number; time: number }> = {};
      const counted: Record<string, number[]> = {};
      let time = 0;
      for (const { after, sender, giftType } of list) {
        time += after;
        const key = `u${sender} ${giftType}`;
        const last = combos[key];
        combos[key] = { count: last && time - last.time <= 5_000 ? last.count + 1 : 1, time };
        counted[key] = [...(counted[key] ?? []), combos[key].count];
      }
      const values: number[] = [];
      for (const { gift } of shown) {
        const { comboCount, isStreak, rank } = gift.metadata;
        // What was merged shows the count of its last.
        const own = counted[keyOf(gift)] ?? [];
        expect(own).toContain(comboCount);
        counted[keyOf(gift)] = own.slice(own.indexOf(comboCount) + 1);
        expect(isStreak).toBe(comboCount > 1);
        expect(rank).toBe(1 + values.filter((value) => value > gift.totalValue).length);
        values.push(gift.totalValue);
      }
    }),
  );
});

test("for any gifts: a restart anywhere changes nothing of what is shown and of what is kept", () => {
  fc.assert(
    fc.property(steps, paces, (list, pace) => {
      expect(played(list, pace, true)).toEqual(played(list, pace, false));
    }),
  );
});
