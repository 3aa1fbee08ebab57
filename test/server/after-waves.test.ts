import { expect, test } from "bun:test";
import { Traffic } from "../../src/core/outbound/traffic.ts";
import { collectAfterWaves } from "../../src/server/after-waves.ts";
import { FakeClock } from "../support/fake-clock.ts";

function createStage() {
  const [clock, traffic] = [new FakeClock(), new Traffic()];
  let collections = 0;
  const stop = collectAfterWaves(
    clock,
    () => [traffic],
    () => {
      collections++;
    },
  );
  const come = (connections: number) => {
    traffic.opened += connections;
  };
  const go = (connections: number) => {
    for (let n = 0; n < connections; n++) traffic.ended(1000, true);
  };
  return { clock, come, go, stop, traffic, collections: () => collections };
}

test("garbage is collected once after connections have come, and once after they have gone", () => {
  const { clock, collections, come, go } = createStage();
  for (let second = 0; second < 4; second++) {
    come(500);
    clock.advance(1_000);
  }
  expect(collections()).toBe(0);
  clock.advance(5_000);
  expect(collections()).toBe(1);
  go(2_000);
  clock.advance(1_000);
  expect(collections()).toBe(1);
  clock.advance(60_000);
  expect(collections()).toBe(2);
});

test("not while messages come, and not for a few connections", () => {
  const { clock, collections, come, traffic } = createStage();
  come(999);
  clock.advance(60_000);
  expect(collections()).toBe(0);
  come(1);
  for (let second = 0; second < 10; second++) {
    traffic.received += 100;
    clock.advance(1_000);
  }
  expect(collections()).toBe(0);
  clock.advance(1_000);
  expect(collections()).toBe(1);
});

test("not any more once it is stopped", () => {
  const { clock, collections, come, stop } = createStage();
  come(2_000);
  stop();
  clock.advance(60_000);
  expect(collections()).toBe(0);
});
