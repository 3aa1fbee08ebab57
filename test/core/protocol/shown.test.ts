import { expect, test } from "bun:test";
import { id, roomName } from "../../../src/core/protocol/identifiers.ts";
import { nameOf, shownText } from "../../../src/core/protocol/shown.ts";

const TAG = "<img/src=x/onerror=alert(1)>";

test.each([
  ["Ada <b>Lovelace</b>", "ada", "Ada Lovelace"],
  ["bob\ud83d", "bob", "bob\ufffd"],
  [undefined, "ada", "ada"],
  [" \u3164 ", "ada", "ada"],
  [TAG, "ada", "ada"],
  ["x".repeat(300), "ada", `${"x".repeat(199)}…`],
])("the name %j of %s is shown as %j", (name, userId, shown) => {
  expect(nameOf({ userId, ...(name === undefined ? {} : { name }) })).toBe(shown);
});

test("users of whom nothing can be shown have names that differ", () => {
  const names = [TAG, "<b>", "<i>"].map((userId) => nameOf({ userId }));
  for (const name of names) expect(name).toMatch(/^user-[0-9a-z]+$/);
  expect(new Set(names).size).toBe(3);
});

test("where nothing visible is left of a text, another takes its place", () => {
  for (const text of ["", TAG, "\u2800\u034f", "\0"]) expect(shownText(text, "Chat")).toBe("Chat");
  expect(shownText("a < b", "Chat")).toBe("a < b");
});

test("an id shows something", () => {
  for (const unseen of ["\u3164", "\u2800", "\u034f", "\u115f\u1160", "\uffa0", "\ufe0f", "\u2800\u3164"]) {
    expect(id.safeParse(unseen).success).toBe(false);
    expect(roomName.safeParse(`chat:${unseen}`).success).toBe(false);
  }
  for (const seen of ["a\u3164", "\u2800b", "👩", "é", "...", "ᄀ"]) {
    expect(id.safeParse(seen).success).toBe(true);
    expect(roomName.safeParse(`chat:${seen}`).success).toBe(true);
  }
});
