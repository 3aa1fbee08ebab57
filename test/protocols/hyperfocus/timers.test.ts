import { describe, expect, test } from "bun:test";
import { Deliveries } from "../../../src/protocols/hyperfocus/deliveries.ts";
import { type Heart, Heartbeats } from "../../../src/protocols/hyperfocus/heartbeats.ts";
import { WINDOW_MS } from "../../../src/protocols/hyperfocus/pacing.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { from, ROOM } from "./frames.ts";
import { createStreamLog } from "./stream-log.ts";

const PACE = 1;

/** Deliveries of a stream in which a number of gifts wait, and the timers that they set. */
function waiting(gifts: number) {
  const clock = new FakeClock(0);
  const log = createStreamLog();
  for (let n = 0; n <= gifts; n++) {
    log.apply("gift", { gift: { metadata: {}, ...from(`u${n}`) }, pace: PACE }, clock.now());
  }
  const asked: (() => void)[] = [];
  const refused: (() => void)[] = [];
  const deliveries = new Deliveries({
    clock,
    pace: PACE,
    stream: log.state,
    rank: () => 0,
    release(_room, applied, failed) {
      asked.push(applied);
      refused.push(failed);
    },
  });
  return { clock, log, asked, refused, deliveries };
}

describe("a stream in which gifts wait", () => {
  test("is looked after once a second, until none does", () => {
    const { asked, clock, deliveries, log } = waiting(2);
    deliveries.schedule(ROOM);
    deliveries.schedule(ROOM);
    for (let left = 2; left > 0; left--) {
      clock.advance(1_100);
      expect(asked).toHaveLength(1);
      log.apply("release", { pace: PACE }, clock.now());
      asked.shift()!();
    }
    clock.advance(60_000);
    expect(asked).toHaveLength(0);
    log.close();
  });

  test("is looked after again when a timer came too early to show one", () => {
    const { asked, clock, deliveries, log } = waiting(1);
    deliveries.schedule(ROOM);
    clock.advance(WINDOW_MS);
    log.apply("release", { pace: PACE }, 500);
    asked.shift()!();
    clock.advance(1);
    expect(asked).toHaveLength(1);
    log.close();
  });

  test("waits longer where it takes long to store, because its viewers see the last gift later", () => {
    const { asked, clock, deliveries, log } = waiting(2);
    deliveries.schedule(ROOM, 200);
    clock.advance(WINDOW_MS + 199);
    expect(asked).toHaveLength(0);
    clock.advance(1);
    log.apply("release", { pace: PACE }, clock.now());
    clock.advance(300);
    asked.shift()!();
    clock.advance(WINDOW_MS - 1);
    expect(asked).toHaveLength(0);
    clock.advance(1);
    expect(asked).toHaveLength(1);
    log.close();
  });

  test("is looked after again when the commit failed, and by no second entry while the first is on its way", () => {
    const { asked, clock, deliveries, log, refused } = waiting(1);
    deliveries.schedule(ROOM);
    clock.advance(5_000);
    expect(asked).toHaveLength(1);
    refused[0]!();
    clock.advance(WINDOW_MS);
    expect(asked).toHaveLength(2);
    log.close();
  });

  test("is left alone when the server stops", () => {
    const { asked, clock, deliveries, log } = waiting(1);
    deliveries.schedule(ROOM);
    deliveries.stop();
    deliveries.schedule(ROOM);
    clock.advance(5_000);
    expect(asked).toHaveLength(0);
    log.close();
  });
});

describe("heartbeats", () => {
  test("come once an interval, however often they are asked for, until they are no longer", () => {
    const clock = new FakeClock(0);
    const heartbeats = new Heartbeats(clock, 10_000);
    let beats = 0;
    const heart: Heart = { nextPing: 0, beat: () => void beats++ };
    for (let n = 0; n < 100; n++) {
      heartbeats.add(heart);
      clock.advance(2_500);
    }
    expect(beats).toBe(25);
    heartbeats.delete(heart);
    clock.advance(60_000);
    expect(beats).toBe(25);
  });
});
