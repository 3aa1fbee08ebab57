import { expect, test } from "bun:test";
import { startRetention } from "../../src/storage/retention.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { createRetained, DAY, SECOND, START, said } from "../support/retained.ts";
import { trimming } from "../support/trimming.ts";

const HOUR = 3_600_000;

test("a clock that was a month ahead for seconds takes nothing with it", () => {
  const { clock, fill, offsets } = createRetained(30);
  fill(500, { time: START });
  clock.advance(SECOND);
  clock.set(31 * DAY);
  clock.advance(4 * SECOND);
  clock.set(-31 * DAY);
  clock.advance(SECOND);
  clock.skip(2 * HOUR);
  clock.advance(SECOND);
  expect(offsets()).toHaveLength(500);
});

test("a clock that was set ahead for good is believed when it has run evenly for an hour", () => {
  const { clock, fill, offsets } = createRetained(30);
  fill(10, { time: START });
  clock.advance(SECOND);
  clock.set(31 * DAY);
  clock.advance(HOUR - SECOND);
  expect(offsets()).toHaveLength(10);
  clock.advance(2 * SECOND);
  expect(offsets()).toHaveLength(0);
});

test("a start a month after the clock was last believed must wait for the same proof", () => {
  const { clock, database, fill, offsets, stop } = createRetained(30);
  fill(10, { time: START });
  clock.advance(SECOND);
  stop();
  const later = new FakeClock(START + 31 * DAY);
  startRetention(database, later, { days: 30, failed() {}, ...trimming(database) });
  later.advance(HOUR - SECOND);
  expect(offsets()).toHaveLength(10);
  later.advance(2 * SECOND);
  expect(offsets()).toHaveLength(0);
});

test("what is dated ahead goes when what was stored after it goes", () => {
  const { add, clock, offsets } = createRetained(7);
  const ahead = Array.from({ length: 300 }, (_, index) => said(index + 1, -365 * DAY));
  add(...ahead, said(301, 0), said(302, 0));
  clock.advance(SECOND);
  clock.skip(6 * DAY);
  clock.advance(SECOND);
  expect(offsets()).toHaveLength(302);
  clock.skip(DAY);
  clock.advance(SECOND);
  expect(offsets()).toEqual([]);
});
