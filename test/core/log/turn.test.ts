import { expect, test } from "bun:test";
import { createTurns, nextTurn, ROOM } from "../../support/turns.ts";

test("what arrives together is one commit, and after it everything goes out in order", async () => {
  const { health, connect, say, seen, store } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob")];
  say(ada, "one");
  say(bob, "two");
  say(ada, "three");
  expect(seen()).toEqual([]);
  await nextTurn();
  expect(seen()).toEqual([
    "commit",
    ...["ada", "bob"].map((name) => `${name}: said "one (1)"`),
    ...["ada", "bob"].map((name) => `${name}: said "two (2)"`),
    ...["ada", "bob"].map((name) => `${name}: said "three (3)"`),
  ]);
  expect(store.position()).toBe(1);
  expect(health.works()).toBe(true);
});

test("what arrives in another turn is another commit", async () => {
  const { connect, say, seen } = createTurns();
  const ada = connect("ada");
  say(ada, "one");
  await nextTurn();
  say(ada, "two");
  await nextTurn();
  expect(seen()).toEqual(["commit", 'ada: said "one (1)"', "commit", 'ada: said "two (2)"']);
});

test("a turn that stores nothing commits nothing", async () => {
  const { turns, connect, seen } = createTurns();
  const ada = connect("ada");
  turns.after(() => ada.send("pong"), { connection: ada });
  await nextTurn();
  expect(seen()).toEqual(["ada: pong"]);
});

test("effects keep their place among the publishes", async () => {
  const { turns, connect, say, seen } = createTurns();
  const ada = connect("ada");
  turns.after(() => ada.send("first"));
  say(ada, "one");
  turns.after(() => ada.send("second"));
  say(ada, "two", { kind: "nudge" });
  turns.after(() => ada.send("third"));
  await nextTurn();
  expect(seen()).toEqual([
    "commit",
    "ada: first",
    'ada: said "one (1)"',
    "ada: second",
    'ada: nudged "two"',
    "ada: third",
  ]);
});

test("a sender outside of the room is confirmed too, once, and is not there for what others say", async () => {
  const { connect, say, seen } = createTurns();
  const [ada, bob] = [connect("ada", { joined: false }), connect("bob")];
  say(ada, "from outside");
  say(bob, "from inside");
  await nextTurn();
  expect(seen()).toEqual([
    "commit",
    'bob: said "from outside (1)"',
    'ada: said "from outside (1)"',
    'bob: said "from inside (2)"',
  ]);
});

test("a user who joins in the middle of a turn is greeted with what was before and then hears the rest", async () => {
  const { connect, join, say, seen, store } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob", { joined: false })];
  say(ada, "one");
  join(bob, () => {
    const page = store.page(ROOM, { kind: "said", limit: 9 });
    return `welcome ${page.map(({ body }) => body)}`;
  });
  say(ada, "two");
  await nextTurn();
  expect(seen().filter((line) => line.startsWith("bob"))).toEqual([
    'bob: welcome "one (1)"',
    'bob: said "two (2)"',
  ]);
});

test("a repeat in the same turn is confirmed with what was stored, and published once", async () => {
  const { connect, say, seen, stored } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob")];
  say(ada, "one", { clientId: "c-1" });
  say(ada, "again", { clientId: "c-1" });
  say(bob, "of another sender", { clientId: "c-1" });
  await nextTurn();
  expect(seen()).toEqual([
    "commit",
    'ada: said "one (1)"',
    'bob: said "one (1)"',
    'ada: said "one (1)"',
    'ada: said "of another sender (2)"',
    'bob: said "of another sender (2)"',
  ]);
  expect(stored()).toEqual(['1 "one (1)"', '2 "of another sender (2)"']);
});

test("a broken reducer and a refusal cost nobody but their senders", async () => {
  const { connect, say, seen, reports, stored } = createTurns();
  const [ada, bob] = [connect("ada"), connect("bob")];
  say(ada, "one");
  say(bob, "secret words", { kind: "broken", ref: "r-1" });
  say(bob, "", { kind: "forbidden", ref: "r-2" });
  say(bob, "", { kind: "unheard-of", ref: "r-3" });
  say(ada, "two");
  await nextTurn();
  expect(seen()).toEqual([
    "commit",
    'ada: said "one (1)"',
    'bob: said "one (1)"',
    "bob: refused internal r-1",
    "bob: refused forbidden r-2",
    "bob: refused internal r-3",
    'ada: said "two (2)"',
    'bob: said "two (2)"',
  ]);
  expect(stored()).toEqual(['1 "one (1)"', '2 "two (2)"']);
  expect(reports.map(({ context }) => context["kind"])).toEqual(["broken", "unheard-of"]);
  expect(JSON.stringify(reports)).not.toContain("secret words");
});

test("an effect that throws costs nobody the confirmation", async () => {
  const { turns, connect, say, seen, reports } = createTurns();
  const ada = connect("ada");
  turns.after(() => {
    throw new Error("an effect is broken");
  });
  say(ada, "one", {
    applied() {
      throw new Error("and so is what hears of it");
    },
  });
  say(ada, "two");
  await nextTurn();
  expect(seen()).toEqual(["commit", 'ada: said "one (1)"', 'ada: said "two (2)"']);
  expect(reports).toHaveLength(2);
});

test("where messages come together, those of the next turn of the event loop share their commit", async () => {
  const { connect, say, seen } = createTurns();
  const ada = connect("ada");
  say(ada, "one");
  say(ada, "two");
  setImmediate(() => say(ada, "three"));
  await nextTurn();
  const all = ["one (1)", "two (2)", "three (3)"];
  expect(seen()).toEqual(["commit", ...all.map((text) => `ada: said "${text}"`)]);
});

test("what is recorded while a turn speaks falls into the next turn", async () => {
  const { connect, say, seen } = createTurns();
  const ada = connect("ada");
  say(ada, "question", { applied: () => say(ada, "answer", { applied: () => say(ada, "thanks") }) });
  say(ada, "aside");
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  const turns = [["question (1)", "aside (2)"], ["answer (3)"], ["thanks (4)"]];
  expect(seen()).toEqual(turns.flatMap((said) => ["commit", ...said.map((text) => `ada: said "${text}"`)]));
});

test("a full turn ends early, so that a transaction stays bounded", async () => {
  const { connect, say, seen, store } = createTurns();
  const ada = connect("ada");
  for (let n = 0; n < 2_500; n++) say(ada, `${n}`);
  const early = seen();
  expect(early.filter((line) => line === "commit")).toHaveLength(2);
  await nextTurn();
  const all = [...early, ...seen()];
  expect(all.filter((line) => line === "commit")).toHaveLength(3);
  expect(all.filter((line) => line !== "commit")).toEqual(
    Array.from({ length: 2_500 }, (_, n) => `ada: said "${n} (${n + 1})"`),
  );
  expect(store.position()).toBe(3);
});

test("a full turn ends only once it is quiet, when what fills it is recorded while another speaks", async () => {
  const { connect, say, seen } = createTurns();
  const ada = connect("ada");
  say(ada, "go", {
    applied() {
      for (let n = 0; n < 1_500; n++) say(ada, `${n}`);
    },
  });
  say(ada, "after");
  await nextTurn();
  expect(seen()).toEqual(["commit", 'ada: said "go (1)"', 'ada: said "after (2)"']);
  await nextTurn();
  expect(seen()).toHaveLength(1_501);
});
