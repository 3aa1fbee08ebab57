import { expect, test } from "bun:test";
import fc from "fast-check";
import { SlidingWindow } from "../../../src/protocols/atomic/window.ts";

const SPAN = 1_000;

test("an empty window has nothing in it, and nothing to wait for", () => {
  const window = new SlidingWindow(SPAN);
  expect([window.count(5), window.changesAt()]).toEqual([0, undefined]);
});

test("a time is in it until it is a whole span old", () => {
  const window = new SlidingWindow(SPAN);
  window.add(5);
  expect(window.changesAt()).toBe(5 + SPAN);
  expect(window.count(4 + SPAN)).toBe(1);
  expect(window.count(5 + SPAN)).toBe(0);
  expect(window.changesAt()).toBeUndefined();
});

test("a time that is given again, with all up to it, counts once", () => {
  const window = new SlidingWindow(SPAN);
  for (const time of [1, 2, 3, 1, 2, 3, 4]) window.add(time);
  expect(window.count(4)).toBe(4);
});

test("for any times it counts those of the last span, and says when the first of them goes", () => {
  const step = fc.record({ pause: fc.integer({ min: 1, max: 700 }), looks: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(2_000), (steps, after) => {
      const window = new SlidingWindow(SPAN);
      const times: number[] = [];
      let now = 0;
      const look = () => {
        const recent = times.filter((time) => time > now - SPAN);
        expect(window.count(now)).toBe(recent.length);
        expect(window.changesAt()).toBe(recent[0] === undefined ? undefined : recent[0] + SPAN);
      };
      for (const { pause, looks } of steps) {
        now += pause;
        times.push(now);
        window.add(now);
        if (looks) look();
      }
      now += after;
      look();
    }),
  );
});
