import { expect, test } from "bun:test";
import { WAITING_MS, WAITING_STEPS } from "../../../src/core/log/lanes.ts";
import { createSharedTurns, TURN_STEPS } from "../../support/shared-turns.ts";
import { nextTurn, ROOM } from "../../support/turns.ts";

test("what has waited for the log for longer than anybody waits for it is refused", async () => {
  const { connect, say, appended, apply, clock, entriesOf, seen } = createSharedTurns();
  const [ada, bob] = [connect("ada"), connect("bob")];
  say(ada, "on its way");
  await nextTurn();
  say(bob, "old");
  await nextTurn();
  clock.advance(WAITING_MS);
  say(ada, "new");
  await nextTurn();
  clock.advance(1);
  apply(appended[0]!);
  expect(appended.map(entriesOf)).toEqual([["on its way"], ["new"]]);
  expect(seen()).toContain("bob: refused busy 1000");
});

test("what waits is answered after all of a batch, also where delivering the batch fills another turn", () => {
  const { connect, say, turns, appended, apply, clock, seen } = createSharedTurns();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  const fill = () => {
    for (let n = 0; n <= TURN_STEPS; n++) turns.after(() => {}, { connection: bob });
  };
  say(ada, "one", { applied: fill });
  say(ada, "two");
  turns.end();
  say(ada, "three");
  turns.end();
  clock.advance(WAITING_MS + 1);
  apply(appended[0]!);
  expect(seen().slice(1)).toEqual([
    ...['ada: said "one (1)"', 'ada: said "two (2)"'],
    "ada: refused busy 1000",
  ]);
});

test("while too much waits for the log the newest turn is told when to come again", async () => {
  const { connect, say, turns, appended, apply, seen } = createSharedTurns();
  const [ada, bob] = [connect("ada"), connect("bob")];
  say(ada, "on its way");
  turns.end();
  for (let n = 0; n < WAITING_STEPS; n++) say(ada, `${n}`);
  turns.end();
  say(bob, "too much", { ref: "r-1" });
  turns.end();
  expect(seen()).toEqual(["bob: refused busy r-1 1000"]);
  apply(appended[0]!);
  say(bob, "again");
  turns.end();
  for (let next = 1; next < appended.length; next++) apply(appended[next]!);
  expect(seen().at(-1)).toBe('bob: said "again (8194)"');
});

test("a request that was given up makes room for what is asked while too much waits, and is not stored", async () => {
  const { connect, say, turns, appended, apply, entriesOf, seen } = createSharedTurns();
  const bob = connect("bob");
  const entry = { protocol: "plain", room: ROOM, kind: "say", sender: null, clientId: null };
  const asked = { isGivenUp: false };
  const refused: string[] = [];
  say(bob, "on its way");
  turns.end();
  for (let n = 0; n < WAITING_STEPS; n++)
    turns.record({ ...entry, body: `${n}` }, { asked, refused: ({ reason }) => void refused.push(reason) });
  turns.end();
  asked.isGivenUp = true;
  say(bob, "now");
  turns.end();
  expect(refused).toEqual(Array(WAITING_STEPS).fill("busy"));
  expect(turns.waiting).toEqual({ steps: 1, refused: 0 });
  apply(appended[0]!);
  apply(appended[1]!);
  expect(appended.map(entriesOf)).toEqual([["on its way"], ["now"]]);
  expect(seen().at(-1)).toBe('bob: said "now (2)"');
  expect(turns.isDrained).toBe(true);
});

test("however much is refused while too much waits, it is refused after the answers to what came before", () => {
  const { connect, say, turns, appended, apply, seen } = createSharedTurns();
  const ada = connect("ada");
  for (let n = 0; n < 4 * WAITING_STEPS; n++) {
    say(ada, `${n}`);
    if (n % 64 === 63) turns.end();
  }
  expect(seen()).toEqual([]);
  for (let next = 0; next < appended.length; next++) apply(appended[next]!);
  const answers = seen().filter((line) => line !== "commit");
  const isRefusal = (line: string) => line.includes("refused");
  expect(answers).toHaveLength(4 * WAITING_STEPS);
  expect(answers.findIndex(isRefusal)).toBeGreaterThan(WAITING_STEPS);
  expect(answers.findLastIndex((line) => !isRefusal(line))).toBeLessThan(answers.findIndex(isRefusal));
});

test("what fits into no batch is too long, and never only busy", async () => {
  const { connect, say, appended, turns, seen } = createSharedTurns();
  const ada = connect("ada");
  say(ada, "x".repeat(9_000_000), { ref: "r-1" });
  turns.end();
  expect(seen()).toEqual(["ada: refused too_long r-1"]);
  expect(appended).toEqual([]);
});

test("a refusal comes after the answers to what its connection has said before; others hear theirs at once", () => {
  const { connect, say, turns, appended, apply, seen } = createSharedTurns();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  say(ada, "one", { message: 1 });
  turns.end();
  say(ada, "x".repeat(9_000_000), { ref: "r-2", message: 2 });
  say(bob, "x".repeat(9_000_000), { ref: "r-3", message: 1 });
  say(ada, "three", { message: 3 });
  turns.end();
  expect(seen()).toEqual(["bob: refused too_long r-3"]);
  for (let next = 0; next < appended.length; next++) apply(appended[next]!);
  expect(seen()).toEqual([
    ...["commit", 'ada: said "one (1)"', "ada: refused too_long r-2"],
    ...["commit", 'ada: said "three (2)"'],
  ]);
});
