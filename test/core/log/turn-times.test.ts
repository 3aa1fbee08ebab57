import { expect, test } from "bun:test";
import { WAITING_STEPS } from "../../../src/core/log/lanes.ts";
import type { Batch } from "../../../src/core/log/log.ts";
import { createTurns, nextTurn } from "../../support/turns.ts";

function createShared() {
  const appended: Batch[] = [];
  const made = createTurns({ log: { shared: true, append: (batch: Batch) => void appended.push(batch) } });
  return { ...made, appended };
}

test("a turn that waits for the log lasts until the log has come with it, and its commit no longer than the commit", async () => {
  const { appended, clock, connect, say, times, turns } = createShared();
  const ada = connect("ada");
  say(ada, "one");
  await nextTurn();
  expect(times.turn.count).toBe(0);
  clock.advance(3_000);
  turns.apply(1, appended[0]!);
  expect([times.turn.count, times.turn.sum]).toEqual([1, 3]);
  expect([times.commit.count, times.commit.sum]).toEqual([1, 0]);
});

test("turns that waited together count once, from the first", async () => {
  const { appended, clock, connect, say, times, turns } = createShared();
  const ada = connect("ada");
  for (const text of ["one", "two", "three"]) {
    say(ada, text);
    await nextTurn();
    clock.advance(1_000);
  }
  turns.apply(1, appended[0]!);
  clock.advance(1_000);
  turns.apply(2, appended[1]!);
  expect([times.turn.count, times.turn.sum]).toEqual([2, 3 + 3]);
});

test("what waits for the log is counted, and what is refused because too much waits", async () => {
  const { connect, say, turns } = createShared();
  const [ada, bob] = [connect("ada"), connect("bob")];
  say(ada, "on its way");
  await nextTurn();
  for (let said = 0; said < WAITING_STEPS; said++) say(ada, `${said}`);
  await nextTurn();
  expect(turns.waiting).toEqual({ steps: WAITING_STEPS, refused: 0 });
  say(bob, "too much");
  await nextTurn();
  expect(turns.waiting).toEqual({ steps: WAITING_STEPS, refused: 1 });
});
