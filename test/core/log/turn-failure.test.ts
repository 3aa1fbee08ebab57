import { expect, test } from "bun:test";
import { createTurns, nextTurn } from "../../support/turns.ts";

test("when the commit fails nothing of the turn goes out, and every sender is told", async () => {
  const { health, connect, say, seen, failWith, reports, stored } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob")];
  failWith(new Error("disk full"));
  say(ada, "one", { ref: "r-1" });
  say(bob, "two", { ref: "r-2" });
  say(ada, "three", { ref: "r-3", kind: "nudge" });
  await nextTurn();
  expect(seen()).toEqual([
    "rollback",
    "ada: refused internal r-1",
    "bob: refused internal r-2",
    "ada: refused internal r-3",
  ]);
  expect(stored()).toEqual([]);
  expect(health.works()).toBe(false);
  expect(reports.map(({ error }) => error)).toEqual([new Error("disk full")]);
});

test("a sender who waited for no more than an effect of a failed turn is told as well", async () => {
  const { turns, connect, say, seen, failWith } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob")];
  failWith(new Error("disk full"));
  say(ada, "one");
  turns.after(() => bob.send("pong"), { connection: bob, ref: "r-2", message: 1 });
  await nextTurn();
  expect(seen()).toEqual(["rollback", "ada: refused internal", "bob: refused internal r-2"]);
});

test("a message of a failed turn is refused once, no matter what it asked for", async () => {
  const { turns, connect, seen, failWith, say } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob")];
  failWith(new Error("disk full"));
  say(bob, "one");
  for (const effect of ["join", "watch"])
    turns.after(() => ada.send(effect), { connection: ada, message: 3 });
  await nextTurn();
  expect(seen()).toEqual(["rollback", "bob: refused internal", "ada: refused internal"]);
});

test("what no message asked for takes effect though the commit fails", async () => {
  const { turns, connect, seen, failWith, say } = createTurns();
  const ada = connect("ada");
  failWith(new Error("disk full"));
  say(ada, "one");
  turns.after(() => ada.send("welcome"), { connection: ada });
  await nextTurn();
  expect(seen()).toEqual(["rollback", "ada: refused internal", "ada: welcome"]);
});

test("after a failed commit numbering goes on from what is stored, and what failed can be sent again", async () => {
  const { health, connect, say, seen, failWith, stored, store } = createTurns();
  const ada = connect("ada");
  say(ada, "one", { clientId: "c-1" });
  await nextTurn();
  failWith(new Error("disk full"));
  say(ada, "two", { clientId: "c-2" });
  say(ada, "three", { clientId: "c-3" });
  await nextTurn();
  failWith(undefined);
  seen();
  for (const [n, text] of ["one", "two", "three", "four"].entries())
    say(ada, text, { clientId: `c-${n + 1}` });
  await nextTurn();
  expect(seen()).toEqual([
    "commit",
    'ada: said "one (1)"',
    'ada: said "two (2)"',
    'ada: said "three (3)"',
    'ada: said "four (4)"',
  ]);
  expect(stored()).toEqual(['1 "one (1)"', '2 "two (2)"', '3 "three (3)"', '4 "four (4)"']);
  expect(store.summary("plain:1").count).toBe(4);
  expect(health.works()).toBe(true);
});

test("a room that was first seen in a failed turn is made by the next", async () => {
  const { connect, say, failWith, stored, seen, database } = createTurns();
  const ada = connect("ada");
  failWith(new Error("disk full"));
  say(ada, "one");
  await nextTurn();
  failWith(undefined);
  say(ada, "two");
  await nextTurn();
  expect(seen().at(-1)).toBe('ada: said "two (1)"');
  expect(stored()).toEqual(['1 "two (1)"']);
  expect(database.client.query("select name from rooms").all()).toEqual([{ name: "plain:1" }]);
});

test("a failed turn fails alone: what its senders try next is another turn", async () => {
  const { connect, say, seen, failWith } = createTurns();
  const ada = connect("ada");
  failWith(new Error("disk full"));
  say(ada, "one");
  await nextTurn();
  say(ada, "two");
  failWith(undefined);
  await nextTurn();
  expect(seen()).toEqual(["rollback", "ada: refused internal", "commit", 'ada: said "two (1)"']);
});
