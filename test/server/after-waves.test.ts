import { expect, test } from "bun:test";
import { Traffic } from "../../src/core/outbound/traffic.ts";
import { collectAfterWaves } from "../../src/server/after-waves.ts";
import { FakeClock } from "../support/fake-clock.ts";

function createStage() {
  const [clock, traffic] = [new FakeClock(), new Traffic()];
  let [collections, shrinks] = [0, 0];
  const stop = collectAfterWaves(clock, () => [traffic], {
    collect: () => void collections++,
    shrink: () => void shrinks++,
  });
  const come = (connections: number) => {
    traffic.opened += connections;
  };
  const go = (connections: number) => {
    for (let n = 0; n < connections; n++) traffic.ended(1000, true);
  };
  return { clock, come, go, stop, traffic, collections: () => collections, shrinks: () => shrinks };
}

test("garbage is collected once after connections have come, and all memory is given back once they have gone", () => {
  const { clock, collections, come, go, shrinks } = createStage();
  come(20_000);
  clock.advance(1_000);
  expect(collections()).toBe(0);
  clock.advance(5_000);
  expect(collections()).toBe(1);
  go(19_000);
  clock.advance(1_000);
  expect([collections(), shrinks()]).toEqual([1, 0]);
  clock.advance(60_000);
  expect([collections(), shrinks()]).toEqual([1, 1]);
});

test("when half of the connections have gone, garbage is collected and compiled code stays", () => {
  const { clock, collections, come, go, shrinks } = createStage();
  come(20_000);
  clock.advance(5_000);
  go(10_000);
  clock.advance(5_000);
  expect([collections(), shrinks()]).toEqual([2, 0]);
});

test("while up to 5,000 connections come, garbage is collected each time they have grown by a quarter", () => {
  const { clock, collections, come, traffic } = createStage();
  const collectedAt: number[] = [];
  for (let before = 0; traffic.open < 10_000; before = collections()) {
    come(50);
    traffic.received += 50;
    clock.advance(100);
    if (collections() > before) collectedAt.push(traffic.open);
  }
  expect(collectedAt).toEqual([250, 500, 750, 1_000, 1_250, 1_600, 2_000, 2_500, 3_150, 3_950, 4_950]);
});

test("not while messages come, and not for a few connections", () => {
  const { clock, collections, come, traffic } = createStage();
  come(249);
  clock.advance(60_000);
  expect(collections()).toBe(0);
  come(9_751);
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
  come(20_000);
  stop();
  clock.advance(60_000);
  expect(collections()).toBe(0);
});
