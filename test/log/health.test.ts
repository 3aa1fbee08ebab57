import { expect, test } from "bun:test";
import { LogHealth } from "../../src/log/health.ts";

function healthy() {
  const state = { now: 0, applied: 0, heldMs: 0 };
  const health = new LogHealth(
    () => state.now,
    () => state.applied,
    () => state.heldMs,
  );
  return { health, state };
}

test("a node is ready when it has caught up", () => {
  const { health } = healthy();
  health.answered(12_034);
  expect(health.whyNotReady()).toBe("catching up (12,034 behind)");
  health.caughtUp();
  expect(health.whyNotReady()).toBeUndefined();
});

test("it is not ready a second after it knew of something that it has not applied, and isolated after 15", () => {
  const { health, state } = healthy();
  health.caughtUp();
  health.answered(5);
  state.now = 900;
  health.answered(6);
  expect(health.whyNotReady()).toBeUndefined();
  state.applied = 5;
  state.now = 1_500;
  expect(health.whyNotReady()).toBeUndefined();
  state.now = 4_100;
  health.answered(6);
  expect(health.whyNotReady()).toBe("lagging 3.2 s");
  expect(health.isIsolated).toBe(false);
  state.now = 16_000;
  health.answered(6);
  expect(health.isIsolated).toBe(true);
  state.applied = 6;
  expect([health.whyNotReady(), health.isIsolated]).toEqual([undefined, false]);
});

test("it is stuck when a batch cannot be committed for 15 s, or for good, and not while it is slow", () => {
  const { health, state } = healthy();
  health.caughtUp();
  health.answered(5);
  state.now = 16_000;
  expect([health.isIsolated, health.isStuck]).toEqual([true, false]);
  state.heldMs = 15_100;
  expect(health.isStuck).toBe(true);
  state.heldMs = 0;
  expect(health.isStuck).toBe(false);
  health.fatal = "entry format 3 is too new";
  expect(health.isStuck).toBe(true);
});

test("without a majority of servers it keeps its clients; without any server it sends them away", () => {
  const { health, state } = healthy();
  health.caughtUp();
  state.now = 11_000;
  expect(health.whyNotReady()).toBe("the log cannot be reached since 11 s");
  state.now = 60_000;
  expect(health.isIsolated).toBe(false);
  health.answered();
  expect(health.whyNotReady()).toBeUndefined();
  health.disconnected();
  state.now = 63_000;
  expect(health.whyNotReady()).toBe("the log cannot be reached since 3 s");
  state.now = 76_000;
  expect(health.isIsolated).toBe(true);
  health.reconnected();
  health.answered();
  expect([health.whyNotReady(), health.isIsolated]).toEqual([undefined, false]);
});

test("it is behind while it knows of something, and in doubt while it hears nothing of the log", () => {
  const { health, state } = healthy();
  health.caughtUp();
  health.answered(5);
  expect([health.isBehind, health.isInDoubt]).toEqual([false, false]);
  state.now = 200;
  expect([health.isBehind, health.isInDoubt]).toEqual([true, false]);
  state.applied = 5;
  expect(health.isBehind).toBe(false);
  health.disconnected();
  expect([health.isBehind, health.isInDoubt]).toEqual([false, true]);
  health.reconnected();
  // Held up, or without a majority of servers.
  state.now = 4_000;
  expect([health.isBehind, health.isInDoubt]).toEqual([false, true]);
});
