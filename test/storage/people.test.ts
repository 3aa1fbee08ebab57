import { expect, test } from "bun:test";
import type { RoomRow } from "../../src/core/ports/store.ts";
import { createPeople } from "../../src/storage/people.ts";
import { createTestStore } from "../support/stored.ts";

function createTestPeople() {
  const { database, store } = createTestStore();
  const people = createPeople(database);
  const write = (room: string, row: RoomRow) => store.transaction(() => store.write(room, row));
  return {
    people,
    write,
    join: (room: string, userId: string, role: string | null = null) =>
      write(room, { table: "members", userId, role, time: 0 }),
    revoke: (userId: string, revokedBefore: number) =>
      write("core-user", { table: "users", userId, revokedBefore }),
    leave: (room: string, userId: string) => write(room, { table: "members", userId, remove: true }),
  };
}

test("a user is a member of the rooms that a backend put him into, until it takes him out", () => {
  const { people, join, leave } = createTestPeople();
  join("chat:1", "ada");
  join("chat:2", "ada");
  join("chat:1", "bob");
  expect(people.isMember("chat:1", "ada")).toBe(true);
  expect(people.isMember("chat:2", "bob")).toBe(false);
  expect(people.isMember("chat:none", "ada")).toBe(false);
  expect(people.roomsOf("ada").toSorted()).toEqual(["chat:1", "chat:2"]);
  leave("chat:1", "ada");
  leave("chat:1", "ada");
  expect(people.isMember("chat:1", "ada")).toBe(false);
  expect(people.isMember("chat:1", "bob")).toBe(true);
  expect(people.roomsOf("ada")).toEqual(["chat:2"]);
  expect(people.roomsOf("nobody")).toEqual([]);
});

test("ids count to the letter", () => {
  const { people, join } = createTestPeople();
  join("chat:1", "ada");
  for (const other of ["Ada", "ad", "ada1", "äda"]) expect(people.isMember("chat:1", other)).toBe(false);
  expect(people.isMember("CHAT:1", "ada")).toBe(false);
});

test("putting a member again changes the role", () => {
  const { people, join } = createTestPeople();
  join("chat:1", "ada", "observer");
  join("chat:1", "ada", "host");
  join("chat:1", "bob");
  expect(people.membersOf("chat:1", "", 10)).toEqual([
    { userId: "ada", role: "host" },
    { userId: "bob", role: null },
  ]);
});

test("members are paged by user id", () => {
  const { people, join } = createTestPeople();
  for (const user of ["eve", "ada", "bob", "Zoe"]) join("chat:1", user);
  join("chat:2", "carl");
  const page = (after: string, limit: number) =>
    people.membersOf("chat:1", after, limit).map(({ userId }) => userId);
  expect(page("", 2)).toEqual(["Zoe", "ada"]);
  expect(page("ada", 2)).toEqual(["bob", "eve"]);
  expect(page("eve", 2)).toEqual([]);
});

test("the rooms of a user with very many are bounded", () => {
  const { people, join } = createTestPeople();
  for (let room = 0; room < 1_100; room++) join(`chat:${room}`, "ada");
  expect(people.roomsOf("ada")).toHaveLength(1_000);
  expect(people.isMember("chat:1099", "ada")).toBe(true);
});

test("a room is closed until a backend opens it, and can be closed again", () => {
  const { people, write, join } = createTestPeople();
  expect(people.isOpen("chat:1")).toBe(false);
  expect(people.room("chat:1")).toBeUndefined();
  write("chat:1", { table: "rooms", title: "Chess" });
  expect(people.isOpen("chat:1")).toBe(false);
  write("chat:1", { table: "rooms", open: true });
  expect(people.room("chat:1")).toEqual({ title: "Chess", open: true });
  expect(people.isOpen("chat:1")).toBe(true);
  write("chat:1", { table: "rooms", open: false });
  expect(people.isOpen("chat:1")).toBe(false);
  join("chat:1", "ada");
  expect(people.isOpen("chat:1")).toBe(false);
});

test("a removed room is nobody's any more", () => {
  const { people, write, join } = createTestPeople();
  join("chat:1", "ada");
  write("chat:1", { table: "rooms", title: "Chess", open: true });
  write("chat:1", { table: "rooms", remove: true });
  expect(people.room("chat:1")).toBeUndefined();
  expect(people.isOpen("chat:1")).toBe(false);
  expect(people.isMember("chat:1", "ada")).toBe(false);
  expect(people.roomsOf("ada")).toEqual([]);
});

test("a revocation counts for its user, from the last time on", () => {
  const { revoke, people } = createTestPeople();
  expect(people.revokedBefore("ada")).toBe(0);
  revoke("ada", 1_000);
  revoke("ada", 2_000);
  expect(people.revokedBefore("ada")).toBe(2_000);
  expect(people.revokedBefore("bob")).toBe(0);
});

test("when users were last active and whether they were revoked do not touch each other", () => {
  const { revoke, people } = createTestPeople();
  expect(people.lastActive("ada")).toBeUndefined();
  revoke("ada", 1_000);
  expect(people.lastActive("ada")).toBeUndefined();
  people.save(
    new Map([
      ["ada", 5_000],
      ["bob", 6_000],
    ]),
  );
  people.save(new Map([["bob", 7_000]]));
  expect(people.lastActive("ada")).toBe(5_000);
  expect(people.lastActive("bob")).toBe(7_000);
  revoke("bob", 8_000);
  expect(people.lastActive("bob")).toBe(7_000);
  expect(people.revokedBefore("ada")).toBe(1_000);
});
