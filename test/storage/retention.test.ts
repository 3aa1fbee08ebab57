import { expect, test } from "bun:test";
import { startRetention } from "../../src/storage/retention.ts";
import { createStore } from "../../src/storage/store.ts";
import { createApplying, entry } from "../support/applying.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { plain } from "../support/plain.ts";
import { createRetained, DAY, SECOND, START, said } from "../support/retained.ts";
import { trimming } from "../support/trimming.ts";

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

test("what was deleted is told, and up to where", () => {
  const { clock, fill, removals } = createRetained(7);
  fill(450, { time: START - 8 * DAY });
  clock.advance(2 * 60 * SECOND);
  expect(removals.map(({ events }) => events).reduce((sum, count) => sum + count)).toBe(450);
  expect(removals.length).toBeLessThanOrEqual(2);
  expect(removals.at(-1)).toMatchObject({ upTo: 450, receipts: 0 });
  expect(Math.abs(removals.at(-1)!.before - (START - 7 * DAY))).toBeLessThan(60 * SECOND);
});
