import { describe, expect, test } from "bun:test";
import { Access } from "../../../src/core/inbound/access.ts";
import type { Identity } from "../../../src/core/ports/identity.ts";

const member = "chat:members-only";
const open = "chat:open-to-all";
const access = new Access({
  isMember: (room, userId) => room === member && userId === "ada",
  isOpen: (room) => room === open,
  roomsOf: (userId) => (userId === "ada" ? [member, "guild:9"] : []),
});

const identity = (userId: string, ...grants: string[]): Identity => ({
  userId,
  grants,
  roles: [],
  expiresAt: Number.POSITIVE_INFINITY,
  issuedAt: 0,
  claims: {},
});

describe("a token opens", () => {
  test.each([
    ["the room it names", "chat:1", "chat:1"],
    ["every room of a kind", "chat:*", "chat:1"],
    ["everything", "*", "guild:1"],
  ])("%s", (_, grant, room) => expect(access.may(identity("bob", grant), room)).toBe(true));
});

describe("a token does not open", () => {
  test.each([
    ["another room", "chat:1", "chat:2"],
    ["a room whose name only begins alike", "chat:1", "chat:12"],
    ["a room whose name only ends alike", "chat:1", "chat:x:chat:1"],
    ["a room of another kind", "chat:*", "guild:1"],
    ["a room of a kind that only begins alike", "chat:*", "chats:1"],
    ["anything by half a name and a star", "chat:pub*", "chat:public"],
    ["anything by a kind alone", "chat", "chat:1"],
    ["anything by nothing", "", "chat:1"],
  ])("%s", (_, grant, room) => expect(access.may(identity("bob", grant), room)).toBe(false));

  test("anything when it grants nothing", () => expect(access.may(identity("bob"), "chat:1")).toBe(false));
});

test("a member may enter without a grant, and nobody else may", () => {
  expect(access.may(identity("ada"), member)).toBe(true);
  expect(access.may(identity("bob"), member)).toBe(false);
});

test("an open room is open to all", () => expect(access.may(identity("bob"), open)).toBe(true));

describe("a user's own rooms", () => {
  test("are those named for him and those he is a member of, of the kinds asked for", () => {
    const ada = identity("ada", "chat:1", "guild:1");
    expect([...access.roomsOf(ada, ["chat"])].sort()).toEqual(["chat:1", member]);
    expect([...access.roomsOf(ada, ["guild", "group"])].sort()).toEqual(["guild:1", "guild:9"]);
  });

  test("are, first, all of a kind when he is granted them all", () => {
    expect([...access.roomsOf(identity("ada", "chat:1", "chat:*"), ["chat", "guild"])]).toEqual([
      "chat:*",
      "chat:1",
      member,
      "guild:9",
    ]);
    expect([...access.roomsOf(identity("bob", "*"), ["chat", "guild"])]).toEqual(["chat:*", "guild:*"]);
  });
});
