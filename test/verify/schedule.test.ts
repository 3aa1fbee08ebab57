import { expect, test } from "bun:test";
import { Random } from "../../src/verify/random.ts";
import { ALL_MISHAPS, MISHAPS, scheduleOf } from "../../src/verify/schedule.ts";

const schedule = (seed: number, seconds: number, mishaps = MISHAPS) =>
  scheduleOf(new Random(seed), seconds, mishaps);

test("a seed repeats its schedule, and another has another", () => {
  expect(schedule(7, 60)).toEqual(schedule(7, 60));
  expect(schedule(7, 60)).not.toEqual(schedule(8, 60));
});

test("a shorter run is the beginning of a longer one, and fewer kinds leave the others where they are", () => {
  expect(schedule(7, 60).filter(({ at }) => at < 20_000)).toEqual(schedule(7, 20));
  expect(schedule(7, 60).filter(({ what }) => what === "kill")).toEqual(schedule(7, 60, ["kill"]));
  const ofNodes = schedule(7, 60, ALL_MISHAPS);
  expect(ofNodes.filter(({ what }) => MISHAPS.includes(what))).toEqual(schedule(7, 60));
});

test("everything happens within half a minute, in order, and the server is killed early", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const moments = schedule(seed, 30, ALL_MISHAPS);
    expect(new Set(moments.map(({ what }) => what))).toEqual(new Set(ALL_MISHAPS));
    expect(moments.map(({ at }) => at)).toEqual(moments.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(moments.find(({ what }) => what === "kill")?.at).toBeLessThan(2_000);
  }
});
