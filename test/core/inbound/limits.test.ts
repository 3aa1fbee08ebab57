import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Limiter } from "../../../src/core/inbound/limits.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const MINUTE = 60_000;

/** The number of takes that pass, of a number made one right after the other. */
const passed = (limiter: Limiter, takes: number, key = "ada"): number =>
  Array.from({ length: takes }, () => limiter.take(key)).filter((wait) => wait === 0).length;

describe("a burst, then the rate", () => {
  test("the burst passes at once, and the next is told when to come again", () => {
    const clock = new FakeClock();
    const limiter = new Limiter(clock, 60, 5);
    expect(passed(limiter, 5)).toBe(5);
    expect(limiter.take("ada")).toBe(1_000);
    clock.advance(999);
    expect(limiter.take("ada")).toBe(1);
    clock.advance(1);
    expect(limiter.take("ada")).toBe(0);
    expect(limiter.take("ada")).toBe(1_000);
  });

  test("a key that rests gets its burst back, and no more than that", () => {
    const clock = new FakeClock();
    const limiter = new Limiter(clock, 60, 5);
    passed(limiter, 5);
    clock.advance(100 * MINUTE);
    expect(passed(limiter, 50)).toBe(5);
  });

  test("a clock that is set back keeps nobody waiting for the time that it takes back", () => {
    const clock = new FakeClock();
    const limiter = new Limiter(clock, 60, 5);
    passed(limiter, 5);
    clock.set(-60 * MINUTE);
    expect(limiter.take("ada")).toBe(1_000);
    clock.advance(1_000);
    expect(limiter.take("ada")).toBe(0);
  });

  test("one key's flood costs the others nothing", () => {
    const limiter = new Limiter(new FakeClock(), 60, 5);
    passed(limiter, 1_000, "flood");
    expect(passed(limiter, 5, "ada")).toBe(5);
  });

  test("a costly message takes its cost", () => {
    const clock = new FakeClock();
    const limiter = new Limiter(clock, 60, 10);
    expect(limiter.take("ada", 8)).toBe(0);
    expect(limiter.take("ada", 5)).toBe(3_000);
    clock.advance(3_000);
    expect(limiter.take("ada", 5)).toBe(0);
  });

  test("a clock that is set back gives nobody anything", () => {
    const clock = new FakeClock();
    const limiter = new Limiter(clock, 60, 5);
    passed(limiter, 5);
    clock.advance(-MINUTE);
    expect(limiter.take("ada")).toBeGreaterThan(0);
  });
});

describe("settings", () => {
  test("a rate of 0 lets everything through", () => {
    expect(passed(new Limiter(new FakeClock(), 0, 5), 100_000)).toBe(100_000);
  });

  test("a burst above the rate is the rate, so that no minute ever sees twice as much", () => {
    expect(passed(new Limiter(new FakeClock(), 10, 1_000), 100)).toBe(10);
  });

  test("a burst of 0 is no limit of its own: the rate of a minute may come at once", () => {
    expect(passed(new Limiter(new FakeClock(), 10, 0), 100)).toBe(10);
  });
});

describe("for any traffic", () => {
  const limits = fc.record({
    rate: fc.oneof(fc.constantFrom(1, 7, 60, 100), fc.integer({ min: 1, max: 5_000 })),
    burst: fc.integer({ min: 1, max: 50 }),
  });
  const pauses = fc.array(
    fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 90_000 })),
    {
      maxLength: 120,
    },
  );

  test("no stretch of time lets more through than the burst and the rate for its length", () => {
    fc.assert(
      fc.property(limits, pauses, ({ rate, burst }, gaps) => {
        const clock = new FakeClock(0);
        const limiter = new Limiter(clock, rate, burst);
        const times: number[] = [];
        let wait = 0;
        for (const [index, gap] of gaps.entries()) {
          // Every third time as soon as it was told it may come again.
          clock.advance(index % 3 === 0 ? wait : gap);
          wait = limiter.take("ada");
          if (wait === 0) times.push(clock.now());
        }
        for (const [first, from] of times.entries()) {
          for (const [last, to] of times.entries()) {
            // In whole numbers, so that rounding can neither hide nor feign an excess.
            if (last >= first)
              expect((last - first + 1 - Math.min(burst, rate)) * MINUTE).toBeLessThanOrEqual(
                rate * (to - from),
              );
          }
        }
      }),
    );
  });

  test("who waits as long as he was told passes, and not a millisecond sooner", () => {
    fc.assert(
      fc.property(limits, pauses, ({ rate, burst }, gaps) => {
        const clock = new FakeClock(0);
        const limiter = new Limiter(clock, rate, burst);
        for (const gap of gaps) {
          clock.advance(gap);
          const wait = limiter.take("ada");
          if (wait === 0) continue;
          clock.advance(wait - 1);
          expect(limiter.take("ada")).toBe(1);
          clock.advance(1);
          expect(limiter.take("ada")).toBe(0);
        }
      }),
    );
  });

  test("who keeps to the rate is never refused", () => {
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 300 }), ({ rate, burst }, messages) => {
        const clock = new FakeClock(0);
        const limiter = new Limiter(clock, rate, burst);
        for (let message = 0; message < messages; message++) {
          expect(limiter.take("ada")).toBe(0);
          clock.advance(Math.ceil(MINUTE / rate));
        }
      }),
    );
  });
});

test("a crowd of other keys makes the limiter forget nobody who is over the limit", () => {
  const clock = new FakeClock();
  const limiter = new Limiter(clock, 60, 5);
  passed(limiter, 5, "spent");
  passed(limiter, 4, "nearly");
  for (let key = 0; key < 100_000; key++) {
    limiter.take(`passer-by ${key}`);
    // Long enough that those before have their burst again and are swept.
    if (key % 20_000 === 19_999) {
      clock.advance(2_000);
      expect(passed(limiter, 10, "spent")).toBe(2);
      expect(passed(limiter, 10, "nearly")).toBe(key < 20_000 ? 3 : 2);
    }
  }
  expect(limiter.take("spent")).toBeGreaterThan(0);
});

describe("a connection that comes after another of the same owner", () => {
  test("goes on where that one was", () => {
    const clock = new FakeClock();
    const limiter = new Limiter(clock, 60, 10);
    expect(passed(limiter, 7, "a")).toBe(7);
    limiter.release("a", "ada");
    limiter.adopt("b", "ada");
    expect(passed(limiter, 20, "b")).toBe(3);
    limiter.adopt("c", "ada");
    limiter.adopt("d", "bob");
    expect([passed(limiter, 20, "c"), passed(limiter, 20, "d")]).toEqual([10, 10]);
    for (const key of ["b", "c"]) limiter.release(key, "ada");
    clock.advance(2_000);
    for (const key of ["e", "f", "g"]) limiter.adopt(key, "ada");
    expect(["e", "f", "g"].map((key) => passed(limiter, 20, key))).toEqual([2, 2, 10]);
  });

  test("however often an owner comes and goes, no more passes than their connections at a time may have", () => {
    const step = fc.record({ open: fc.boolean(), takes: fc.nat(15), ms: fc.nat(2_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer({ min: 1, max: 4 }), (steps, most) => {
        const clock = new FakeClock();
        const limiter = new Limiter(clock, 60, 10);
        const open: string[] = [];
        let [made, passing, ms] = [0, 0, 0];
        for (const step of steps) {
          clock.advance(step.ms);
          ms += step.ms;
          if (step.open && open.length < most) {
            open.push(`c${made++}`);
            limiter.adopt(open.at(-1)!, "ada");
          } else if (open.length > 0) limiter.release(open.shift()!, "ada");
          for (const key of open) passing += passed(limiter, step.takes, key);
        }
        expect(passing).toBeLessThanOrEqual(most * (10 + ms / 1_000));
      }),
    );
  });

  test("who becomes another owner has used what they have used, as both", () => {
    const limiter = new Limiter(new FakeClock(), 60, 10);
    passed(limiter, 7, "guest");
    limiter.transfer("guest", "address", "ada");
    limiter.adopt("next", "address");
    expect([passed(limiter, 20, "guest"), passed(limiter, 20, "next")]).toEqual([3, 3]);
    limiter.release("guest", "ada");
    passed(limiter, 2, "another");
    limiter.transfer("another", "elsewhere", "ada");
    expect(passed(limiter, 20, "another")).toBe(0);
  });

  test("what has filled up again is forgotten", () => {
    const clock = new FakeClock();
    const limiter = new Limiter(clock, 60, 10);
    for (let n = 0; n < 30_000; n++) {
      limiter.take(`c${n}`);
      limiter.release(`c${n}`, `guest ${n}`);
      if (n % 100 === 0) clock.advance(2_000);
    }
    expect(Object.values(limiter.sizes)).toEqual([0, expect.any(Number)]);
    expect(limiter.sizes.left).toBeLessThanOrEqual(10_000);
  });
});
