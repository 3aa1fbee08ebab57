import { expect, test } from "bun:test";
import type { NewEvent } from "../../src/core/ports/store.ts";
import type { OpenDatabase } from "../../src/storage/database.ts";
import { createPeople } from "../../src/storage/people.ts";
import { type Removal, startRetention } from "../../src/storage/retention.ts";
import { createStore } from "../../src/storage/store.ts";
import { createApplying, entry } from "../support/applying.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { plain } from "../support/plain.ts";
import { createTestStore, event } from "../support/stored.ts";
import { trimming } from "../support/trimming.ts";

const DAY = 86_400_000;
const SECOND = 1_000;
const START = Date.UTC(2026, 0, 1);

/** A store whose history is kept for a number of days, at midnight of the first of January. */
function createRetained(days: number) {
  const clock = new FakeClock(START);
  const made = createTestStore();
  const failures: unknown[] = [];
  const removals: Removal[] = [];
  /** Nodes before this one. */
  const ranks = { before: 0 };
  const stop = startRetention(made.database, clock, {
    ...{ days, ...trimming(made.database) },
    failed: (error) => failures.push(error),
    removed: (removal) => removals.push(removal),
    rank: () => ranks.before,
  });
  const offsets = (room = "chat:1") =>
    made.store.page(room, { kind: "message", limit: 1_000 }).map((stored) => stored.offset);
  return { ...made, clock, failures, ranks, removals, stop, offsets };
}

/** An event that is so old at midnight. */
const said = (offset: number, age: number, more: Partial<NewEvent> = {}) =>
  event(offset, { time: START - age, ...more });

test("events go when they are as old as was set, and younger ones stay", () => {
  const { add, clock, offsets } = createRetained(7);
  add(said(1, 9 * DAY), said(2, 7 * DAY - 2 * SECOND), said(3, 7 * DAY - 4 * SECOND));
  clock.advance(SECOND);
  expect(offsets()).toEqual([2, 3]);
  clock.advance(2 * SECOND);
  expect(offsets()).toEqual([3]);
  clock.advance(2 * SECOND);
  expect(offsets()).toEqual([]);
});

test("of several nodes the first removes what is old, and the next one 5 s later where that one does not", () => {
  const { clock, add, offsets, ranks } = createRetained(7);
  ranks.before = 1;
  add(said(1, 9 * DAY));
  clock.advance(5 * SECOND);
  expect(offsets()).toEqual([1]);
  clock.advance(SECOND);
  expect(offsets()).toEqual([]);
  // The first one dies: this node is the first now.
  add(said(2, 9 * DAY));
  ranks.before = 0;
  clock.advance(SECOND);
  expect(offsets()).toEqual([]);
});

test("the log goes on where it was, when none of its events is left", () => {
  const { add, clock, database, offsets } = createRetained(7);
  add(said(1, 9 * DAY), said(2, 9 * DAY));
  clock.advance(SECOND);
  expect(offsets()).toEqual([]);
  expect(createStore(database).position()).toBe(2);
});

test("0 days keep everything", () => {
  const { clock, fill, offsets } = createRetained(0);
  fill(3, { time: START - 5_000 * DAY });
  clock.advance(10 * SECOND);
  expect(offsets()).toEqual([1, 2, 3]);
});

test("part of a day is possible", () => {
  const { add, clock, offsets } = createRetained(0.5);
  add(said(1, DAY), said(2, DAY / 4));
  clock.advance(SECOND);
  expect(offsets()).toEqual([2]);
});

test("numbering and messageCount go on, also in a room that was emptied", () => {
  const { add, clock, store, offsets } = createRetained(7);
  const other = (offset: number, age: number, position: number) =>
    said(offset, age, { room: "chat:2", position });
  add(
    said(1, 9 * DAY),
    said(2, 9 * DAY, { kind: "other", count: 1 }),
    other(1, 8 * DAY, 3),
    other(2, DAY, 4),
  );
  clock.advance(SECOND);
  expect(offsets()).toEqual([]);
  expect(store.last("chat:1")).toBeUndefined();
  expect(store.head("chat:1")).toEqual({ offset: 2, count: 1 });
  expect(store.summary("chat:1").count).toBe(1);
  expect(offsets("chat:2")).toEqual([2]);
  expect(store.head("chat:2")).toEqual({ offset: 2, count: 2 });
});

test("a node that applies after it, restarted or not, goes on numbering and takes removed ids for new", () => {
  const clock = new FakeClock(START);
  const applying = createApplying(plain.applies);
  startRetention(applying.database, clock, { days: 7, failed() {}, ...trimming(applying.database) });
  const say = (id: string, clientId: string, age: number) => entry({ id, clientId, time: clock.now() - age });
  applying.turn(say("e1", "c-1", 9 * DAY), say("e2", "c-2", 9 * DAY), say("e3", "c-3", DAY));
  clock.advance(SECOND);
  const [kept, known] = applying.turn(say("e4", "c-1", 8 * DAY), say("e5", "c-3", 8 * DAY));
  expect(kept).toMatchObject({ is: "applied", events: [{ offset: 4, count: 4 }] });
  expect(known).toMatchObject({ is: "repeated", event: { offset: 3 } });
  clock.advance(SECOND);
  applying.restart();
  const [restarted] = applying.turn(say("e6", "c-2", 0));
  expect(restarted).toMatchObject({ is: "applied", events: [{ offset: 5, count: 5 }] });
});

test("receipts go with their events, and only with them", () => {
  const { add, clock, database, store } = createRetained(7);
  add(said(1, 8 * DAY), said(2, DAY), said(1, DAY, { room: "chat:2", position: 3 }));
  store.transaction(() => {
    for (const [room, offset] of [
      ["chat:1", 1],
      ["chat:1", 2],
      ["chat:2", 1],
    ] as const) {
      store.write(room, { table: "receipts", offset, userId: "bob", time: START });
    }
  });
  clock.advance(SECOND);
  expect(database.client.query("select count(*) from receipts").values()).toEqual([[2]]);
  expect(store.read("chat:1", [1, 2])).toEqual(new Set([2]));
  expect(store.read("chat:2", [1])).toEqual(new Set([1]));
});

test("titles, members and what a protocol keeps of a room are not history", () => {
  const { add, clock, database, store } = createRetained(7);
  add(said(1, 8 * DAY));
  store.transaction(() => {
    store.write("chat:1", { table: "rooms", title: "Chess", open: true });
    store.write("chat:1", { table: "members", userId: "ada", role: null, time: START });
    store.write("chat:1", { table: "state", key: "a", value: "1" });
  });
  clock.advance(SECOND);
  expect(store.head("chat:1").offset).toBe(1);
  expect(store.at("chat:1", 1)).toBeUndefined();
  expect(store.summary("chat:1").title).toBe("Chess");
  expect(store.state("chat:1")).toEqual(new Map([["a", "1"]]));
  expect(database.client.query("select user_id from members").values()).toEqual([["ada"]]);
});

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

test("trouble is told and tried again, and after the stop nothing more goes", () => {
  const { add, clock, database, failures, offsets, stop } = createRetained(7);
  add(said(1, 8 * DAY));
  database.client.run("create trigger t before delete on events begin select raise(abort, 'no'); end");
  clock.advance(SECOND);
  expect(failures.length).toBeGreaterThan(0);
  expect(offsets()).toEqual([1]);
  stop();
  database.client.run("drop trigger t");
  clock.advance(SECOND);
  expect(offsets()).toEqual([1]);
});

const HOUR = 3_600_000;
const countOf = ({ client }: OpenDatabase, table: string) =>
  Number(client.query(`select count(*) from ${table}`).values()[0]?.[0]);

test("a clock that was a month ahead for seconds takes nothing with it", () => {
  const { clock, fill, offsets } = createRetained(30);
  fill(500, { time: START });
  clock.advance(SECOND);
  clock.set(31 * DAY);
  clock.advance(4 * SECOND);
  clock.set(-31 * DAY);
  clock.advance(SECOND);
  clock.skip(2 * HOUR);
  clock.advance(SECOND);
  expect(offsets()).toHaveLength(500);
});

test("a clock that was set ahead for good is believed when it has run evenly for an hour", () => {
  const { clock, fill, offsets } = createRetained(30);
  fill(10, { time: START });
  clock.advance(SECOND);
  clock.set(31 * DAY);
  clock.advance(HOUR - SECOND);
  expect(offsets()).toHaveLength(10);
  clock.advance(2 * SECOND);
  expect(offsets()).toHaveLength(0);
});

test("a start a month after the clock was last believed must wait for the same proof", () => {
  const { clock, database, fill, offsets, stop } = createRetained(30);
  fill(10, { time: START });
  clock.advance(SECOND);
  stop();
  const later = new FakeClock(START + 31 * DAY);
  startRetention(database, later, { days: 30, failed() {}, ...trimming(database) });
  later.advance(HOUR - SECOND);
  expect(offsets()).toHaveLength(10);
  later.advance(2 * SECOND);
  expect(offsets()).toHaveLength(0);
});

test("what is dated ahead goes when what was stored after it goes", () => {
  const { add, clock, offsets } = createRetained(7);
  const ahead = Array.from({ length: 300 }, (_, index) => said(index + 1, -365 * DAY));
  add(...ahead, said(301, 0), said(302, 0));
  clock.advance(SECOND);
  clock.skip(6 * DAY);
  clock.advance(SECOND);
  expect(offsets()).toHaveLength(302);
  clock.skip(DAY);
  clock.advance(SECOND);
  expect(offsets()).toEqual([]);
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
    const now = countOf(database, "receipts");
    expect(left - now).toBeLessThanOrEqual(250);
    left = now;
  }
  expect([left, offsets()]).toEqual([0, [2]]);
});

test("what was deleted is told, and up to where", () => {
  const { clock, fill, removals } = createRetained(7);
  fill(450, { time: START - 8 * DAY });
  clock.advance(2 * 60 * SECOND);
  expect(removals.map(({ events }) => events).reduce((sum, count) => sum + count)).toBe(450);
  expect(removals.length).toBeLessThanOrEqual(2);
  expect(removals.at(-1)).toMatchObject({ upTo: 450, receipts: 0 });
  expect(Math.abs(removals.at(-1)!.before - (START - 7 * DAY))).toBeLessThan(60 * SECOND);
});
