import { expect, test } from "bun:test";
import { Activity } from "../../../src/protocols/atomic/activity.ts";
import { createTestStore, event } from "../../support/stored.ts";

const room = "context:c-1";
const MINUTE = 60_000;

test("it reads the messages of the last minute, and not much more, when somebody wants to know", () => {
  const { store, add } = createTestStore();
  for (let n = 1; n <= 5_000; n++) {
    add(event(n, { room, time: n * 100, kind: n % 2 ? "message" : "other" }));
  }
  let read = 0;
  const activity = new Activity({
    ...store,
    page(name, page) {
      const found = store.page(name, page);
      read += found.length;
      return found;
    },
  });
  const now = 500_000;
  expect(activity.count(room, now)).toBe(0);
  activity.watch(room, now);
  expect(activity.count(room, now)).toBe(300);
  expect(activity.changesAt(room)).toBe(440_100 + MINUTE);
  expect(read).toBeWithin(300, 401);
});

test("it knows nothing of a context that nobody watches, or no longer", () => {
  const { store, fill } = createTestStore();
  fill(10, { room, time: 5 });
  const activity = new Activity(store);
  const more = { ...event(11, { room, time: 6 }) };
  activity.add(more);
  expect([activity.count(room, 10), activity.changesAt(room)]).toEqual([0, undefined]);
  activity.watch(room, 10);
  activity.drop(room);
  activity.add(more);
  expect([activity.count(room, 10), activity.changesAt(room)]).toEqual([0, undefined]);
});

test("what was read and then comes as an event counts once", () => {
  const { store, add } = createTestStore();
  for (const n of [1, 2, 3]) add(event(n, { room }));
  const activity = new Activity(store);
  activity.watch(room, 10);
  for (const n of [2, 3, 4]) activity.add(event(n, { room }));
  expect(activity.count(room, 10)).toBe(4);
});
