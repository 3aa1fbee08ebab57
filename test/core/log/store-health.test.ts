import { expect, test } from "bun:test";
import { StoreHealth } from "../../../src/core/log/store-health.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function createHealth() {
  const clock = new FakeClock();
  const changes: unknown[] = [];
  const store = { trouble: undefined as Error | undefined, probes: 0, probe };
  function probe() {
    store.probes++;
    if (store.trouble) throw store.trouble;
  }
  const health = new StoreHealth(store, clock, (failure) => changes.push(failure));
  return { clock, changes, store, health };
}
const FULL = new Error("disk full");

test("a store that nobody writes to is tried, once a second at the most", () => {
  const { clock, health, store } = createHealth();
  for (let n = 0; n < 5; n++) expect(health.works()).toBe(true);
  expect(store.probes).toBe(1);
  clock.advance(1_000);
  health.works();
  expect(store.probes).toBe(2);
  clock.advance(1_000);
  health.committed();
  health.works();
  expect(store.probes).toBe(2);
});

test("who asks all the time makes it try only what has failed", () => {
  const { clock, health, store } = createHealth();
  for (let n = 0; n < 5; n++) {
    clock.advance(2_000);
    expect(health.seemsToWork()).toBe(true);
  }
  expect(store.probes).toBe(0);
  health.failed(FULL);
  expect(health.seemsToWork()).toBe(true);
  expect(store.probes).toBe(1);
});

test("trouble is logged once, and so is its end", () => {
  const { changes, clock, health, store } = createHealth();
  store.trouble = FULL;
  expect([health.works(), health.works()]).toEqual([false, false]);
  health.failed(FULL);
  expect(changes).toEqual([FULL]);
  store.trouble = undefined;
  expect(health.works()).toBe(true);
  expect(changes).toEqual([FULL, undefined]);
  clock.advance(500);
  health.failed(FULL);
  health.committed();
  expect(changes).toEqual([FULL, undefined, FULL, undefined]);
  expect(health.works()).toBe(true);
});

test("a clock that is set back proves nothing", () => {
  const { clock, health, store } = createHealth();
  clock.advance(5_000);
  health.committed();
  clock.set(-3_600_000);
  store.trouble = FULL;
  clock.advance(1_000);
  expect(health.works()).toBe(false);
});
