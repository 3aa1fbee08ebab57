import { expect, test } from "bun:test";
import { createPeople } from "../../src/storage/people.ts";
import { createRetained, DAY, SECOND, START, said } from "../support/retained.ts";
import { event } from "../support/stored.ts";

test("a long past goes bit by bit, so that nobody waits for it", () => {
  const { clock, fill, offsets } = createRetained(7);
  fill(900, { time: START - 8 * DAY });
  const left = [offsets().length];
  while (left.at(-1)! > 0) {
    clock.advance(50);
    left.push(offsets().length);
  }
  expect(Math.max(...left.map((count, index) => (left[index - 1] ?? count) - count))).toBeLessThanOrEqual(
    250,
  );
});

test("an event with very many receipts goes bit by bit", () => {
  const { add, clock, database, store, offsets } = createRetained(7);
  add(said(1, 8 * DAY), said(2, 0));
  store.transaction(() => {
    for (let n = 0; n < 2_000; n++) {
      store.write("chat:1", { table: "receipts", offset: 1, userId: `u${n}`, time: START });
    }
  });
  let left = 2_000;
  while (offsets().length > 1) {
    clock.advance(50);
    const now = Number(database.client.query("select count(*) from receipts").values()[0]?.[0]);
    expect(left - now).toBeLessThanOrEqual(250);
    left = now;
  }
  expect([left, offsets()]).toEqual([0, [2]]);
});

test("what is left of a removed room goes bit by bit, and its successor stays", () => {
  const { add, clock, database, fill, store, offsets } = createRetained(0);
  fill(450);
  store.transaction(() => {
    store.write("chat:1", { table: "receipts", offset: 1, userId: "bob", time: START });
    store.write("chat:1", { table: "state", key: "a", value: "1" });
    store.write("chat:1", { table: "rooms", remove: true });
  });
  add(event(1, { position: 451, body: '"new"' }));
  clock.advance(10 * SECOND);
  expect(offsets()).toEqual([1]);
  expect(database.client.query("select name from rooms").values()).toEqual([["chat:1"]]);
  for (const table of ["receipts", "state"]) {
    expect(database.client.query(`select * from ${table}`).values()).toEqual([]);
  }
});

test("the members of a removed room go bit by bit, and are nobody's in the room that takes its name", () => {
  const { clock, database, store } = createRetained(0);
  const people = createPeople(database);
  const add = database.client.prepare(
    "insert into members values ((select id from rooms), 'u' || ?, null, 0)",
  );
  store.transaction(() => {
    store.write("group:1", { table: "rooms", title: "Old" });
    for (let n = 0; n < 2_000; n++) add.run(n);
  });
  expect(people.memberCount("group:1")).toBe(2_000);
  const rows = () => database.client.query("select count(*) from members").values()[0]?.[0] as number;
  store.transaction(() => store.write("group:1", { table: "rooms", remove: true }));
  // The removal itself is one step, however many there are.
  expect(rows()).toBe(2_000);
  expect([people.memberCount("group:1"), people.isMember("group:1", "u1"), people.roomsOf("u1")]).toEqual([
    0,
    false,
    [],
  ]);
  store.transaction(() => store.write("group:1", { table: "members", userId: "ada", role: "host", time: 0 }));
  const left = [rows()];
  while (left.at(-1)! > 1) {
    expect(people.membersOf("group:1", "", 10)).toEqual([{ userId: "ada", role: "host" }]);
    clock.advance(50);
    left.push(rows());
    expect(left.length).toBeLessThan(1_000);
  }
  expect(Math.max(...left.map((count, index) => (left[index - 1] ?? count) - count))).toBeLessThanOrEqual(
    200,
  );
  expect(people.roomsOf("ada")).toEqual(["group:1"]);
  clock.advance(SECOND);
  expect(database.client.query("select name from rooms").values()).toEqual([["group:1"]]);
});
