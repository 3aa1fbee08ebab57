import { expect, test } from "bun:test";
import { openDatabase } from "../../../src/storage/database.ts";
import { createTurns, nextTurn } from "../../support/turns.ts";

const positions = (database: ReturnType<typeof openDatabase>) =>
  database.client.query("select position from events order by id").values().flat();

test("positions count turns from 1, in their order, also those that store nothing", async () => {
  const { connect, say, store, database } = createTurns();
  const ada = connect("ada");
  say(ada, "one");
  say(ada, "two", { kind: "nudge" });
  say(ada, "three", { kind: "forbidden" });
  await nextTurn();
  say(ada, "four", { kind: "nudge" });
  await nextTurn();
  say(ada, "five");
  say(ada, "six");
  await nextTurn();
  expect(positions(database)).toEqual([1, 3, 3]);
  expect(store.position()).toBe(3);
});

test("a restart goes on where the log was, also after entries that stored nothing", async () => {
  const database = openDatabase(":memory:", "NORMAL");
  for (const expected of [[1], [1, 3], [1, 3, 5]]) {
    const { connect, say, store } = createTurns({ database });
    const ada = connect("ada");
    say(ada, "stored");
    await nextTurn();
    say(ada, "published", { kind: "nudge" });
    await nextTurn();
    expect(positions(database)).toEqual(expected);
    expect(store.position()).toBe(expected.at(-1)! + 1);
  }
});

test("a turn whose commit failed leaves no gap: it was never in the log", async () => {
  const { connect, say, store, database, failWith } = createTurns();
  const ada = connect("ada");
  say(ada, "one");
  await nextTurn();
  failWith(new Error("disk full"));
  say(ada, "two");
  say(ada, "three");
  await nextTurn();
  expect(store.position()).toBe(1);
  failWith(undefined);
  say(ada, "four");
  await nextTurn();
  expect(positions(database)).toEqual([1, 2]);
  expect(store.position()).toBe(2);
});
