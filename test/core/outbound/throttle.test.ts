import { expect, test } from "bun:test";
import fc from "fast-check";
import { Throttle } from "../../../src/core/outbound/throttle.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const INTERVAL = 1_000;

function paced() {
  const clock = new FakeClock(0);
  const shown: [key: string, at: number][] = [];
  return { clock, shown, pace: new Throttle(clock, INTERVAL, (key) => shown.push([key, clock.now()])) };
}

test("the first change is shown at once, later ones when the interval is over, and then only the last", () => {
  const { clock, pace, shown } = paced();
  pace.touch("a");
  expect(shown).toEqual([["a", 0]]);
  clock.advance(10);
  pace.touch("a");
  pace.touch("a");
  clock.advance(989);
  expect(shown).toHaveLength(1);
  clock.advance(1);
  expect(shown).toEqual([
    ["a", 0],
    ["a", INTERVAL],
  ]);
});

test("when nothing more changes nothing more is shown, and the next change is shown at once again", () => {
  const { clock, pace, shown } = paced();
  pace.touch("a");
  clock.advance(10 * INTERVAL);
  expect(shown).toHaveLength(1);
  pace.touch("a");
  expect(shown.at(-1)).toEqual(["a", 10 * INTERVAL]);
});

test("a change may bring its own way to be shown at once; what waits is shown in the usual way", () => {
  const { clock, pace, shown } = paced();
  const own: string[] = [];
  pace.touch("a", (key) => own.push(key));
  expect({ own, shown }).toEqual({ own: ["a"], shown: [] });
  pace.touch("a", (key) => own.push(key));
  clock.advance(INTERVAL);
  expect({ own, shown }).toEqual({ own: ["a"], shown: [["a", INTERVAL]] });
});

test("keys do not wait for each other", () => {
  const { pace, shown } = paced();
  pace.touch("a");
  pace.touch("b");
  expect(shown).toEqual([
    ["a", 0],
    ["b", 0],
  ]);
});

test("for any changes: at most one an interval, and every change is shown no later than an interval after it", () => {
  const changes = fc.array(fc.record({ after: fc.nat(2_500), key: fc.constantFrom("a", "b") }), {
    maxLength: 80,
  });
  fc.assert(
    fc.property(changes, (all) => {
      const { clock, pace, shown } = paced();
      const touched: [key: string, at: number][] = [];
      for (const { after, key } of all) {
        clock.advance(after);
        touched.push([key, clock.now()]);
        pace.touch(key);
      }
      clock.advance(2 * INTERVAL);
      for (const key of ["a", "b"]) {
        const times = shown.filter(([name]) => name === key).map(([, at]) => at);
        for (const [index, at] of times.entries()) {
          if (index > 0) expect(at - times[index - 1]!).toBeGreaterThanOrEqual(INTERVAL);
        }
        for (const [, at] of touched.filter(([name]) => name === key)) {
          expect(times.some((time) => time >= at && time <= at + INTERVAL)).toBe(true);
        }
      }
    }),
  );
});
