import { beforeEach, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { stopAfterAll } from "../../support/server.ts";
import { drain, error } from "./clients.ts";
import {
  answerTo,
  come,
  edit,
  editor,
  editsIn,
  insert,
  join,
  lookAt,
  remove,
  replace,
  startSessions,
} from "./editors.ts";

let sessions = 0;
let sessionId: string;
let ada: TestClient;
let bob: TestClient;
const server = stopAfterAll(await startSessions());
beforeEach(async () => {
  sessionId = `session_${++sessions}`;
  ada = await editor(server, "ada", sessionId);
  await edit(ada, insert(0, "ab\u{1f600}cd", 0));
  bob = await editor(server, "bob", sessionId);
  await drain(ada);
});

const surrogate = "position: must neither be inside a surrogate pair nor end inside one";
const PLACES: readonly [what: string, data: Frame, field: string][] = [
  ["a place behind the end", insert(7, "x", 1), "position: must be at most 6 at version 1"],
  ["a place before the start", insert(-1, "x", 1), "position: must be 0 or more"],
  ["a place between two units", insert(1.5, "x", 1), "position"],
  ["no place", { operation: "insert", content: "x", version: 1 }, "position"],
  ["a place in a surrogate pair", insert(3, "x", 1), surrogate],
  ["a deletion from within a surrogate pair", remove(3, 2, 1), surrogate],
  ["a replacement to within a surrogate pair", replace(1, 2, "x", 1), surrogate],
  ["a deletion over the end", remove(4, 3, 1), "length: must be at most 2 at this position"],
  ["a deletion of less than nothing", remove(4, -1, 1), "length: must be 1 or more"],
  ["a deletion of nothing", remove(4, 0, 1), "length: must be 1 or more"],
  [
    "a deletion of everything there is",
    remove(0, Number.MAX_SAFE_INTEGER, 1),
    "length: must be at most 6 at this position",
  ],
  ["a version of the future", insert(0, "x", 2), "version: must be at most 1"],
  ["a version before the first", insert(0, "x", -1), "version: must be 0 or more"],
  [
    "a place that an older version did not have",
    insert(1, "x", 0),
    "position: must be at most 0 at version 0",
  ],
];

test.each(PLACES)("an edit of %s is an error, and the connection lives", async (_what, data, field) => {
  expect(await answerTo(ada, data, "e-1")).toEqual(error(expect.stringContaining(field), "e-1"));
  // The id is free: nothing of it was stored.
  expect(await edit(ada, insert(6, "!", 1), "e-1")).toBe(2);
  expect(await lookAt(server, sessionId)).toEqual(["ab\u{1f600}cd!", 2]);
});

const CONTENTS: readonly [what: string, data: Frame, field: string][] = [
  ["no text", { operation: "insert", position: 0, version: 1 }, "content"],
  ["an empty text", insert(0, "", 1), "content: must not be empty"],
  ["half a character", insert(0, "\ud83d", 1), "content: must not have lone surrogates"],
  ["no string", { ...insert(0, "", 1), content: 1 }, "content"],
  [
    "64 KB of text, all but its envelope",
    insert(0, "x".repeat(65_000), 1),
    "content: must have at most 32768 characters",
  ],
  ["64 KB of text", insert(0, "x".repeat(65_536), 1), "frame: is too long (at most 65536 bytes)"],
  [
    "another operation",
    { operation: "move", position: 0, version: 1 },
    "operation: must be insert, delete or replace",
  ],
  ["no operation", { position: 0, content: "x", version: 1 }, "operation: must be insert, delete or replace"],
  [
    "a session that was not joined",
    { ...insert(0, "x", 1), sessionId: "elsewhere" },
    "sessionId: must name a session",
  ],
  ["a session that cannot be", { ...insert(0, "x", 1), sessionId: "*" }, "sessionId"],
];

test.each(CONTENTS)("an edit with %s is an error, and the connection lives", async (_what, data, field) => {
  expect((await answerTo(ada, data))["error"]).toContain(field);
  expect(await drain(ada)).toEqual([]);
  expect(await lookAt(server, sessionId)).toEqual(["ab\u{1f600}cd", 1]);
  expect(editsIn(await drain(bob))).toEqual([]);
});

test("an observer may not edit anything until they take part", async () => {
  const eve = await come(server, "eve");
  await join(eve, sessionId, "observer");
  expect(await answerTo(eve, insert(0, "x", 1))).toEqual(error("An observer may not edit"));
  expect(await answerTo(eve, { ...remove(0, 1, 1), sessionId })).toEqual(error("An observer may not edit"));
  await join(eve, sessionId, "participant");
  expect(await edit(eve, insert(0, "x", 1))).toBe(2);
});

test("a user in no session cannot edit, and has left it already", async () => {
  const eve = await come(server, "eve");
  for (const message of [
    { type: "edit", data: insert(0, "x", 0) },
    { type: "edit", data: { ...insert(0, "x", 0), sessionId } },
  ]) {
    eve.send(message);
    expect(await eve.next()).toEqual(error("sessionId: must name a session that you have joined"));
  }
  eve.send({ type: "leave_session", data: { sessionId } });
  expect(await eve.next()).toMatchObject({ type: "session_left", data: { sessionId } });
});

test.each([
  {},
  { role: "participant" },
  { sessionId: "", role: "participant" },
  { sessionId: "a b", role: "participant" },
  { sessionId: 1, role: "participant" },
  { sessionId: "s", role: "admin" },
  { sessionId: "s" },
  { sessionId: "x".repeat(129), role: "observer" },
])("joining with %j is an error, and joins nothing", async (data) => {
  const eve = await come(server, "eve");
  eve.send({ type: "join_session", data });
  expect((await eve.next())["error"]).toMatch(/sessionId|role/);
  expect(await drain(eve)).toEqual([]);
});

test("a connection is in a hundred sessions at most, and in another once it has left one", async () => {
  const eve = await come(server, "eve");
  for (let n = 0; n < 100; n++) await join(eve, `many_${n}`);
  eve.send({ type: "join_session", id: "j-1", data: { sessionId: "more", role: "observer" } });
  expect(await eve.next()).toEqual(
    error("sessionId: must be one of at most 100: leave another first", "j-1"),
  );
  // Joining one of them again is no more.
  await join(eve, "many_7", "observer");
  eve.send({ type: "leave_session", data: { sessionId: "many_7" } });
  expect((await join(eve, "more"))["participants"]).toHaveLength(1);
});

test("a version too long ago is an error that says to join again, and then editing goes on", async () => {
  for (let version = 1; version < 1_002; version++) ada.send({ type: "edit", data: insert(0, "x", version) });
  await ada.next(({ type, data }) => type === "edit_ack" && data.version === 1_002);
  expect((await answerTo(bob, insert(0, "y", 1)))["error"]).toStartWith("version: is too old: join again");
  expect(await edit(bob, insert(0, "y", 2))).toBe(1_003);
  const { version } = await join(bob, sessionId);
  expect(await edit(bob, insert(0, "z", version))).toBe(1_004);
});
