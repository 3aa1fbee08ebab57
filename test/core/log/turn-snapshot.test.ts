import { expect, test } from "bun:test";
import { createTurns, nextTurn } from "../../support/turns.ts";

test("a look sees what was recorded before it, and nothing of what comes after, before any of it goes out", async () => {
  const { turns, connect, say, seen, stored } = createTurns();
  const ada = connect("ada");
  const looks: string[][] = [];
  const look = () => void looks.push(stored());
  turns.after(() => {}, {}, look);
  say(ada, "one");
  turns.after(() => ada.send(`then ${looks[1]}`), {}, look);
  say(ada, "two");
  turns.after(() => {}, {}, look);
  await nextTurn();
  expect(looks).toEqual([[], ['1 "one (1)"'], ['1 "one (1)"', '2 "two (2)"']]);
  expect(seen()).toEqual(["commit", 'ada: said "one (1)"', 'ada: then 1 "one (1)"', 'ada: said "two (2)"']);
  turns.after(() => {}, {}, look);
  await nextTurn();
  expect(looks.at(-1)).toHaveLength(2);
});

test("a look that fails is reported and refused to who wanted it, and costs the turn nothing", async () => {
  const { turns, connect, say, seen, reports } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob")];
  turns.after(
    () => {},
    { connection: bob, ref: "r-1" },
    () => {
      throw new Error("unreadable");
    },
  );
  say(ada, "one");
  await nextTurn();
  expect(seen()).toEqual([
    "bob: refused internal r-1",
    "commit",
    'ada: said "one (1)"',
    'bob: said "one (1)"',
  ]);
  expect(reports.map(({ error }) => error)).toEqual([new Error("unreadable")]);
});

test("when the commit fails, what no message asked for sees what is stored, and not what was undone", async () => {
  const { connect, say, join, seen, stored, failWith } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  say(ada, "one");
  await nextTurn();
  seen();
  failWith(new Error("disk full"));
  say(ada, "two");
  join(bob, () => `there is ${stored()}`);
  await nextTurn();
  expect(seen()).toEqual(["rollback", "ada: refused internal", 'bob: there is 1 "one (1)"']);
});
