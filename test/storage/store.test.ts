import { describe, expect, test } from "bun:test";
import { createPeople } from "../../src/storage/people.ts";
import { createStore } from "../../src/storage/store.ts";
import { createTestStore, event } from "../support/stored.ts";

const ROOM = "chat:1";

test("an event is read as it was stored", () => {
  const { add, store } = createTestStore();
  add(event(1, { sender: null, clientId: "m-1", time: 1_700_000_000_000, body: '{"text":"ä🙂\\u0000"}' }));
  expect(store.at(ROOM, 1)).toEqual({
    room: ROOM,
    offset: 1,
    position: 1,
    count: 1,
    kind: "message",
    sender: null,
    clientId: "m-1",
    time: 1_700_000_000_000,
    body: '{"text":"ä🙂\\u0000"}',
  });
  expect(store.at(ROOM, 2)).toBeUndefined();
});

test("a room that nobody has written to is empty, and asking for it does not make it", () => {
  const { database, store } = createTestStore();
  expect(store.head("chat:none")).toEqual({ offset: 0, count: 0 });
  expect(store.page("chat:none", { kind: "message", limit: 10 })).toEqual([]);
  expect(store.at("chat:none", 1)).toBeUndefined();
  expect(store.last("chat:none")).toBeUndefined();
  expect(store.byExternalId("chat:none", "a")).toBeUndefined();
  expect(store.read("chat:none", [1])).toEqual(new Set());
  expect(store.clientIds("chat:none", 10, 10)).toEqual([]);
  expect(store.state("chat:none")).toEqual(new Map());
  expect(store.summary("chat:none")).toEqual({ title: undefined, count: 0 });
  expect(database.client.query("select * from rooms").all()).toEqual([]);
});

describe("a page", () => {
  const { add, fill, store } = createTestStore();
  fill(30);
  add(event(31, { kind: "other", position: 31 }), event(32, { kind: "message", position: 32 }));
  add(event(1, { room: "chat:2", position: 33 }));
  const offsets = (page: Parameters<typeof store.page>[1], room = ROOM) =>
    store.page(room, page).map(({ offset }) => offset);

  test("has the last events of its kind, oldest first", () => {
    expect(offsets({ kind: "message", limit: 3 })).toEqual([29, 30, 32]);
    expect(offsets({ kind: "other", limit: 3 })).toEqual([31]);
  });
  test("ends before the offset that is asked for", () => {
    expect(offsets({ kind: "message", limit: 3, before: 30 })).toEqual([27, 28, 29]);
    expect(offsets({ kind: "message", limit: 3, before: 2 })).toEqual([1]);
    expect(offsets({ kind: "message", limit: 3, before: 1 })).toEqual([]);
  });
  test("is as long as there is something", () => {
    expect(offsets({ kind: "message", limit: 1_000 })).toHaveLength(31);
  });
  test("has nothing of other rooms", () => {
    expect(offsets({ kind: "message", limit: 9 }, "chat:2")).toEqual([1]);
  });
});

test("the head is the last event of any kind", () => {
  const { add, fill, store } = createTestStore();
  fill(2);
  add(event(3, { kind: "other", count: 2 }));
  expect(store.head(ROOM)).toEqual({ offset: 3, count: 2 });
  expect(store.last(ROOM)).toMatchObject({ offset: 3, kind: "other" });
});

test("client ids come newest first, from before an offset, up to a limit", () => {
  const { add, store } = createTestStore();
  add(...[1, 2, 3, 4].map((n) => event(n, { clientId: `m-${n}`, time: 10 * n })));
  const row = (n: number) => ({ offset: n, sender: "ada", clientId: `m-${n}`, time: 10 * n });
  expect(store.clientIds(ROOM, 4, 2)).toEqual([row(3), row(2)]);
  expect(store.clientIds(ROOM, 2, 2)).toEqual([row(1)]);
});

test("an event is found by its alias, in its room only", () => {
  const { add, store } = createTestStore();
  add(
    event(1, { externalId: "b-1" }),
    event(2),
    event(1, { room: "chat:2", position: 3, externalId: "b-1" }),
  );
  expect(store.byExternalId(ROOM, "b-1")).toMatchObject({ room: ROOM, offset: 1 });
  expect(store.byExternalId("chat:2", "b-1")).toMatchObject({ room: "chat:2", offset: 1 });
  expect(store.byExternalId(ROOM, "b-2")).toBeUndefined();
});

test("read is what somebody other than its sender has read, of what is asked for", () => {
  const { add, store } = createTestStore();
  add(event(1), event(2), event(3, { sender: null }), event(4), event(1, { room: "chat:2", position: 5 }));
  const receipt = (room: string, offset: number, userId: string) =>
    store.write(room, { table: "receipts", offset, userId, time: 0 });
  store.transaction(() => {
    receipt(ROOM, 1, "ada");
    receipt(ROOM, 2, "ada");
    receipt(ROOM, 2, "bob");
    receipt(ROOM, 2, "bob");
    receipt(ROOM, 2, "eve");
    receipt(ROOM, 3, "ada");
    receipt("chat:2", 4, "bob");
  });
  expect(store.read(ROOM, [1, 2, 3, 4])).toEqual(new Set([2, 3]));
  expect(store.read(ROOM, [4, 3])).toEqual(new Set([3]));
  expect(store.read(ROOM, [])).toEqual(new Set());
});

test("a title is set, kept by what does not name it, and taken away", () => {
  const { fill, store } = createTestStore();
  const write = (row: { title?: string | null; open?: boolean }) =>
    store.transaction(() => store.write(ROOM, { table: "rooms", ...row }));
  fill(2);
  write({ title: "Chess" });
  write({ open: true });
  expect(store.summary(ROOM)).toEqual({ title: "Chess", count: 2 });
  write({ title: null });
  expect(store.summary(ROOM)).toEqual({ title: undefined, count: 2 });
});

test("what a protocol keeps of a room is written over and removed by key", () => {
  const { store } = createTestStore();
  const write = (room: string, key: string, value: string | null) =>
    store.transaction(() => store.write(room, { table: "state", key, value }));
  write(ROOM, "a", "1");
  write(ROOM, "b", "2");
  write(ROOM, "a", "3");
  write(ROOM, "b", null);
  write("chat:2", "a", "4");
  expect(store.state(ROOM)).toEqual(new Map([["a", "3"]]));
  expect(store.state("chat:2")).toEqual(new Map([["a", "4"]]));
});

test("what a protocol keeps is read by the rest of its transaction, and gone when that fails", () => {
  const { store } = createTestStore();
  const write = (key: string, value: string | null) => store.write(ROOM, { table: "state", key, value });
  store.transaction(() => write("a", "1"));
  const work = () =>
    store.transaction(() => {
      write("a", "2");
      write("b", "3");
      write("b", null);
      write("c", "4");
      expect(store.state(ROOM)).toEqual(new Map(Object.entries({ a: "2", c: "4" })));
      write("a", "5");
      throw new Error("disk full");
    });
  expect(work).toThrow("disk full");
  store.transaction(() => write("d", "6"));
  expect(store.state(ROOM)).toEqual(new Map(Object.entries({ a: "1", d: "6" })));
});

test("a removed room is gone with its members, and no offset of its name is used again", () => {
  const { add, database, fill, store } = createTestStore();
  fill(3);
  const row = { table: "members", userId: "ada", role: null, time: 0 } as const;
  store.transaction(() => {
    store.write(ROOM, row);
    store.write(ROOM, { table: "rooms", title: "Chess", open: true });
    store.write(ROOM, { table: "rooms", remove: true });
  });
  expect(store.head(ROOM)).toEqual({ offset: 4, count: 0 });
  expect(store.span(ROOM)).toEqual({ removed: 4, gone: 4, last: 4 });
  expect(store.summary(ROOM)).toEqual({ title: undefined, count: 0 });
  expect(createPeople(database).membersOf(ROOM, "", 9)).toEqual([]);
  add(event(5, { position: 9, body: '"new"' }));
  expect(store.page(ROOM, { kind: "message", limit: 9 }).map(({ body }) => body)).toEqual(['"new"']);
});

test("the position comes back, whether the last entry of the last turn made an event or not", () => {
  const { database, store } = createTestStore();
  const turn = (reached: number, ...events: readonly number[]) =>
    store.transaction(() => {
      for (const position of events) store.add(event(position, { position }));
      store.savePosition(reached);
    });
  for (const [reached, events] of [
    [2, [1, 2]],
    [4, [3]],
    [5, []],
    [7, [6, 7]],
  ] as const) {
    turn(reached, ...events);
    expect(createStore(database).position()).toBe(reached);
  }
});

describe("a transaction that throws", () => {
  test("leaves nothing of what it wrote, and passes the error on", () => {
    const { fill, store } = createTestStore();
    fill(1);
    const work = () =>
      store.transaction(() => {
        store.add(event(2));
        store.write(ROOM, { table: "rooms", title: "Chess" });
        store.savePosition(2);
        throw new Error("disk full");
      });
    expect(work).toThrow("disk full");
    expect(store.head(ROOM)).toEqual({ offset: 1, count: 1 });
    expect(store.summary(ROOM).title).toBeUndefined();
    expect(store.position()).toBe(0);
  });

  test("forgets the rooms that it made, so that others may get their ids", () => {
    const { add, store } = createTestStore();
    const work = () =>
      store.transaction(() => {
        store.add(event(1, { room: "chat:failed" }));
        throw new Error("disk full");
      });
    expect(work).toThrow("disk full");
    add(event(1, { room: "chat:next", body: '"next"' }));
    expect(store.at("chat:failed", 1)).toBeUndefined();
    add(event(1, { room: "chat:failed", position: 2, body: '"again"' }));
    expect(store.at("chat:next", 1)?.body).toBe('"next"');
    expect(store.at("chat:failed", 1)?.body).toBe('"again"');
  });
});
