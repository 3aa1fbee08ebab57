import { expect, test } from "bun:test";
import { createTurns, nextTurn } from "../../support/turns.ts";

test("an entry that makes several events takes an offset for each, and what is silent is only stored", async () => {
  const { connect, say, seen, stored, store } = createTurns();
  const ada = connect("ada");
  let heard: number[] = [];
  say(ada, "one", { kind: "twice", applied: (events) => (heard = events.map(({ offset }) => offset)) });
  say(ada, "two");
  await nextTurn();
  expect(seen()).toEqual(["commit", 'ada: said "one"', 'ada: said "two (3)"']);
  expect(stored()).toEqual(['1 "one, silently"', '2 "one"', '3 "two (3)"']);
  expect(heard).toEqual([1, 2]);
  expect(store.position()).toBe(1);
});

test("a sender who is confirmed in other words gets these alone, in or out of the room", async () => {
  const { connect, say, seen } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  say(ada, "inside", { kind: "ask" });
  say(bob, "outside", { kind: "ask" });
  await nextTurn();
  expect(seen()).toEqual([
    "commit",
    'ada: asked "inside"',
    'ada: said "outside"',
    'ada: nudged "outside"',
    'bob: asked "outside"',
  ]);
});

test("a sender is confirmed in the same words when it comes again, and where nothing was made of it", async () => {
  const { connect, say, seen, stored } = createTurns();
  const [ada] = [connect("ada"), connect("bob")];
  say(ada, "one", { kind: "ask", clientId: "c-1" });
  await nextTurn();
  seen();
  say(ada, "again", { kind: "ask", clientId: "c-1" });
  say(ada, "nothing", { kind: "void", clientId: "c-2" });
  await nextTurn();
  expect(seen()).toEqual(["commit", 'ada: asked "one"', 'ada: asked "nothing"']);
  expect(stored()).toEqual(['1 "one"']);
});

test("a user who joins between an entry and the silent part of another hears what is still to come", async () => {
  const { connect, join, say, seen, stored } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  say(ada, "one", { kind: "twice" });
  join(bob, () => `after ${stored()}`);
  say(ada, "two", { kind: "twice" });
  await nextTurn();
  expect(seen().filter((line) => line.startsWith("bob"))).toEqual([
    'bob: after 1 "one, silently",2 "one"',
    'bob: said "two"',
  ]);
});

test("a repeat of an entry is one confirmation, no matter what the entry had made", async () => {
  const { connect, say, seen, stored } = createTurns();
  const ada = connect("ada");
  say(ada, "one", { kind: "twice", clientId: "c-1" });
  await nextTurn();
  seen();
  say(ada, "again", { kind: "twice", clientId: "c-1" });
  await nextTurn();
  expect(seen()).toEqual(["commit", 'ada: said "one"']);
  expect(stored()).toHaveLength(2);
});
