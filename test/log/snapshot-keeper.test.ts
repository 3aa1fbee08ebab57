import { expect, test } from "bun:test";
import { SnapshotKeeper } from "../../src/log/snapshot-keeper.ts";
import type { Snapshot } from "../../src/log/snapshots.ts";
import { FakeClock } from "../support/fake-clock.ts";

const MINUTE = 60_000;

/** A keeper that has just made a snapshot, of a log in which each position has a million bytes. */
async function keeperOfLog(maxBytes = 100_000_000) {
  const clock = new FakeClock(Date.now());
  const started = clock.monotonic();
  const now = () => (clock.monotonic() - started) / 1_000;
  const asked: number[] = [];
  const made: number[] = [];
  /** What was begun, and what was told of it in the log. */
  let [begun, noted] = [0, 0];
  const kept: Snapshot[] = [];
  const log = {
    first: 1,
    last: 10,
    canAsk: true,
    canCopy: true,
    copyMs: 0,
    appliedByAll: Number.POSITIVE_INFINITY,
  };
  const keeper = new SnapshotKeeper({
    clock,
    snapshots: async () => ({
      async all() {
        if (log.canAsk) return kept;
        begun++;
        asked.push(now());
        throw new Error("no server answers");
      },
      async save(_, position) {
        kept.unshift({ name: `${position}`, position, bytes: 1, madeAt: clock.now() });
        kept.splice(2);
        return kept;
      },
    }),
    maxBytes: () => maxBytes,
    size: () => (log.last - log.first + 1) * 1_000_000,
    async copy() {
      begun++;
      made.push(now());
      // Not within the tick that began it, which ends at its own time.
      await new Promise(setImmediate);
      clock.jump(log.copyMs);
      if (!log.canCopy) throw new Error("no space left on device");
      return { file: "no-such-file", position: log.last };
    },
    appliedByAll: () => log.appliedByAll,
    async purge(upTo) {
      log.first = Math.max(log.first, upTo + 1);
    },
    note: () => void noted++,
  });
  const pass = async (ms: number) => {
    for (const end = clock.monotonic() + ms; clock.monotonic() < end; ) {
      clock.advance(1_000);
      for (let n = 0; n < 20; n++) await null;
      while (noted < begun) await new Promise(setImmediate);
      await null;
    }
  };
  keeper.start();
  await pass(1_000);
  expect(made.splice(0)).toEqual([1]);
  return { asked, log, pass, made, keeper };
}

test("a copy that takes long is followed by a pause all the same", async () => {
  const { log, pass, made } = await keeperOfLog();
  Object.assign(log, { last: 99, appliedByAll: 0, copyMs: 10_000 });
  await pass(60_000);
  const pauses = made.slice(1).map((at, n) => at - made[n]! - 10);
  expect(pauses).toEqual([2, 4, 8]);
});

test("a log that becomes nearly full is purged within a second, however short ago the last snapshot was made", async () => {
  const { log, pass, made } = await keeperOfLog();
  log.last = 99;
  await pass(1_000);
  expect(made).toEqual([2]);
  expect(log.first).toBe(100);
  // And again as soon.
  log.last = 199;
  await pass(1_000);
  expect(log.first).toBe(200);
  await pass(30 * MINUTE);
  expect(made).toEqual([2, 3]);
});

test("a log without room for the largest batch is as full as one above 80 %", async () => {
  const { log, pass, made } = await keeperOfLog(20_000_000);
  log.last = 12;
  await pass(1_000);
  expect(made).toEqual([2]);
  expect(log.first).toBe(13);
});

test("a snapshot that makes no room, or cannot be made, is tried again ever later", async () => {
  const { log, pass, made } = await keeperOfLog();
  log.last = 99;
  // A node is behind.
  log.appliedByAll = 0;
  await pass(5 * MINUTE);
  expect(made).toEqual([2, 4, 8, 16, 32, 64, 124, 184, 244]);
  log.appliedByAll = Number.POSITIVE_INFINITY;
  await pass(MINUTE);
  expect(log.first).toBe(100);

  made.length = 0;
  log.last = 199;
  log.canCopy = false;
  await pass(MINUTE);
  expect(made.map((at) => at - made[0]!)).toEqual([0, 2, 6, 14, 30]);
});

test("a log that is fuller than 40 % is purged a minute after the last snapshot, others after an hour", async () => {
  const { log, pass, made } = await keeperOfLog();
  log.last = 45;
  await pass(2 * MINUTE);
  expect(made.splice(0)).toEqual([61]);
  expect(log.first).toBe(11);
  log.last = 20;
  await pass(60 * MINUTE);
  expect(made).toEqual([3_661]);
});

test("whoever begins while no server says when the last snapshot was made asks every ten seconds", async () => {
  const { asked, keeper, log, pass, made } = await keeperOfLog();
  keeper.stop();
  log.canAsk = false;
  keeper.start();
  await pass(25_000);
  expect(asked).toEqual([2, 12, 22]);
  log.canAsk = true;
  await pass(10_000);
  expect(made).toEqual([]);
});
