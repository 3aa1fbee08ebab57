import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Gauges } from "../../../src/protocols/atomic/gauges.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const PACE = 500;

function stage() {
  const clock = new FakeClock(0);
  const truth = new Map<string, number>();
  const told: [key: string, value: number, at: number][] = [];
  const asked: string[] = [];
  const gauges = new Gauges({
    clock,
    value(key) {
      asked.push(key);
      return truth.get(key) ?? 0;
    },
    // Every value is half an hour's.
    changesAt: (key) => ((truth.get(key) ?? 0) > 0 ? 1_800_000 : undefined),
    tell: (key, value) => told.push([key, value, clock.now()]),
  });
  const set = (key: string, value: number) => {
    truth.set(key, value);
    gauges.changed(key);
  };
  return { clock, truth, told, asked, gauges, set };
}

test("a change is told at once, the next ones at the pace, and what is no change not at all", () => {
  const { clock, gauges, set, told } = stage();
  expect(gauges.watch("a")).toBe(0);
  set("a", 1);
  set("a", 2);
  set("a", 3);
  clock.advance(PACE);
  set("a", 3);
  clock.advance(10 * PACE);
  expect(told).toEqual([
    ["a", 1, 0],
    ["a", 3, PACE],
  ]);
});

test("a change that is taken back before it was told is taken back for who has begun to watch meanwhile", () => {
  const { clock, gauges, set, told } = stage();
  gauges.watch("a");
  set("a", 1);
  set("a", 2);
  expect(gauges.watch("a")).toBe(2);
  set("a", 1);
  clock.advance(PACE);
  expect(told.at(-1)).toEqual(["a", 1, PACE]);
});

test("a change that comes by itself is told when it comes", () => {
  const { clock, gauges, set, told, truth } = stage();
  gauges.watch("a");
  set("a", 1);
  clock.advance(1_799_999);
  truth.set("a", 0);
  clock.advance(1);
  expect(told).toEqual([
    ["a", 1, 0],
    ["a", 0, 1_800_000],
  ]);
});

describe("nobody asks for a value", () => {
  test("that nobody watches", () => {
    const { asked, set } = stage();
    set("a", 1);
    expect(asked).toEqual([]);
  });

  test("that is watched no more", () => {
    const { asked, clock, gauges, set, told } = stage();
    gauges.watch("a");
    set("a", 1);
    set("a", 2);
    gauges.drop("a");
    const before = asked.length;
    set("a", 3);
    clock.advance(2_000_000);
    expect([asked.length, told.length]).toEqual([before, 1]);
  });

  test("after the stop", () => {
    const { asked, clock, gauges, set } = stage();
    gauges.watch("a");
    set("a", 1);
    set("a", 2);
    gauges.stop();
    const before = asked.length;
    clock.advance(2_000_000);
    expect(asked.length).toBe(before);
  });
});

test("for any changes: never faster than the pace, and the last value always", () => {
  const changes = fc.array(
    fc.record({ pause: fc.nat(700), key: fc.constantFrom("a", "b"), value: fc.nat(3) }),
    {
      maxLength: 80,
    },
  );
  fc.assert(
    fc.property(changes, (all) => {
      const { clock, gauges, set, told, truth } = stage();
      for (const key of ["a", "b"]) gauges.watch(key);
      for (const { pause, key, value } of all) {
        clock.advance(pause);
        set(key, value);
      }
      clock.advance(PACE);
      for (const key of ["a", "b"]) {
        const own = told.filter(([name]) => name === key);
        expect(own.at(-1)?.[1] ?? 0).toBe(truth.get(key) ?? 0);
        for (const [index, [, value, at]] of own.entries()) {
          const [, before, last] = own[index - 1] ?? [key, 0, Number.NEGATIVE_INFINITY];
          expect(at - last).toBeGreaterThanOrEqual(PACE);
          expect(value).not.toBe(before);
        }
      }
    }),
  );
});
