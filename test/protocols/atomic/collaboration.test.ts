import { beforeEach, expect, test } from "bun:test";
import { stopAfterAll } from "../../support/server.ts";
import { drain, frame } from "./clients.ts";
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
const server = stopAfterAll(await startSessions());
beforeEach(() => {
  sessionId = `session_${++sessions}`;
});

const ack = (version: number, id?: string) => frame("edit_ack", { sessionId, version }, id);

/** Ada and Bob in a session with this text, at version 1. */
async function pair(content: string) {
  const ada = await editor(server, "ada", sessionId);
  await edit(ada, insert(0, content, 0));
  const bob = await editor(server, "bob", sessionId);
  await drain(ada);
  return { ada, bob };
}

test("a user who joins gets the document, its version and the participants", async () => {
  const ada = await come(server, "ada", { name: "Ada" });
  ada.send({ type: "join_session", id: "j-1", data: { sessionId, role: "participant" } });
  const present = { userId: "ada", username: "Ada", role: "participant" };
  expect(await ada.next()).toEqual(
    frame("session_joined", { sessionId, content: "", version: 0, participants: [present] }, "j-1"),
  );
  await edit(ada, insert(0, "Hello", 0));
  const bob = await come(server, "bob");
  expect(await join(bob, sessionId, "observer")).toEqual({
    ...{ sessionId, content: "Hello", version: 1 },
    participants: [present, { userId: "bob", username: "bob", role: "observer" }],
  });
});

test("an edit is acknowledged to its author and sent to the others, field for field", async () => {
  const { ada, bob } = await pair("Hello");
  expect(await answerTo(ada, insert(5, " World", 1), "e-1")).toEqual(ack(2, "e-1"));
  expect(await answerTo(ada, remove(0, 5, 2))).toEqual(ack(3));
  expect(await answerTo(ada, replace(0, 1, "my ", 3))).toEqual(ack(4));
  const by = { sessionId, author: "ada", authorId: "ada" };
  expect(await drain(bob)).toEqual([
    frame("edit", { ...by, operation: "insert", position: 5, content: " World", version: 2 }, "e-1"),
    frame("edit", { ...by, operation: "delete", position: 0, length: 5, version: 3 }),
    frame("edit", { ...by, operation: "replace", position: 0, length: 1, content: "my ", version: 4 }),
  ]);
  expect(await drain(ada)).toEqual([]);
  expect(await lookAt(server, sessionId)).toEqual(["my World", 4]);
});

test("an edit of an older version is carried over what came since", async () => {
  const { ada, bob } = await pair("one two");
  await edit(ada, insert(0, "zero ", 1));
  expect(await edit(bob, insert(7, " three", 1))).toBe(3);
  expect(editsIn(await drain(ada))).toEqual([insert(12, " three", 3)]);
  expect(await lookAt(server, sessionId)).toEqual(["zero one two three", 3]);
});

test("where two texts meet, the one that was ordered first stays left", async () => {
  const { ada, bob } = await pair("[]");
  await edit(ada, insert(1, "first", 1));
  await edit(bob, insert(1, "second", 1));
  await edit(ada, replace(1, 1, "third", 1));
  expect(await lookAt(server, sessionId)).toEqual(["[firstsecondthird", 4]);
});

test("a deletion leaves what its author had not seen, falls into several, and the ack has the last version", async () => {
  const { ada, bob } = await pair("abcdef");
  await edit(bob, insert(2, "X", 1));
  await edit(bob, insert(5, "Y", 2));
  expect(await answerTo(ada, replace(1, 4, "!", 1), "e-2")).toEqual(ack(6, "e-2"));
  const frames = await drain(bob);
  expect(editsIn(frames)).toEqual([remove(6, 1, 4), remove(3, 2, 5), replace(1, 1, "!", 6)]);
  expect(await lookAt(server, sessionId)).toEqual(["a!XYf", 6]);
});

test("an edit that another has swallowed makes no version, and is acknowledged with the current one", async () => {
  const { ada, bob } = await pair("abcdef");
  await edit(ada, remove(1, 4, 1));
  expect(await answerTo(bob, remove(2, 2, 1), "e-3")).toEqual(ack(2, "e-3"));
  expect(await drain(ada)).toEqual([]);
  expect(await edit(ada, insert(1, "!", 2))).toBe(3);
  expect(await answerTo(bob, remove(2, 2, 1), "e-3")).toEqual(ack(3, "e-3"));
  expect(await lookAt(server, sessionId)).toEqual(["a!f", 3]);
});

test("text is kept unit by unit: markup, control characters, and accents are no business of the server", async () => {
  const { ada, bob } = await pair("a");
  const text = '<script>x</script>\0\r\n\t"\\e\u0301\u{1f600}\u2028';
  await edit(ada, insert(1, text, 1));
  expect((await bob.next("edit"))["data"].content).toBe(text);
  await edit(bob, insert(1 + text.length, "z", 2));
  expect(await lookAt(server, sessionId)).toEqual([`a${text}z`, 3]);
});

test("what comes in one go is answered in its order, joining too", async () => {
  const { ada } = await pair("Hello");
  const cyd = await come(server, "cyd");
  for (const message of [
    { type: "join_session", data: { sessionId, role: "participant" } },
    { type: "edit", id: "e-4", data: insert(0, "1", 1) },
    { type: "edit", id: "e-5", data: insert(0, "2", 1) },
    { type: "join_session", data: { sessionId, role: "participant" } },
    { type: "edit", id: "e-6", data: insert(0, "3", 3) },
  ]) {
    cyd.send(message);
  }
  const joined = (content: string, version: number) =>
    expect.objectContaining({ data: expect.objectContaining({ content, version }) });
  expect([await cyd.next(), await cyd.next(), await cyd.next()]).toEqual([
    joined("Hello", 1),
    ack(2, "e-4"),
    ack(3, "e-5"),
  ]);
  expect([await cyd.next(), await cyd.next()]).toEqual([joined("12Hello", 3), ack(4, "e-6")]);
  expect(editsIn(await drain(ada))).toHaveLength(3);
});

test("an edit that is sent again is applied once and acknowledged as before, by any connection of its author", async () => {
  const { ada, bob } = await pair("abcdef");
  await edit(bob, insert(3, "X", 1));
  expect(await answerTo(ada, remove(1, 4, 1), "e-7")).toEqual(ack(4, "e-7"));
  await edit(bob, insert(0, "Y", 4));
  ada.close();
  await ada.closed;
  const again = await editor(server, "ada", sessionId);
  expect(await answerTo(again, remove(1, 4, 1), "e-7")).toEqual(ack(4, "e-7"));
  // Another's edit may have the same id.
  expect(await edit(bob, insert(0, "Z", 5), "e-7")).toBe(6);
  expect(await lookAt(server, sessionId)).toEqual(["ZYaXf", 6]);
});

test("a user in one session need not name it, in several they must, and each has a document of its own", async () => {
  const ada = await editor(server, "ada", sessionId);
  await edit(ada, insert(0, "one", 0));
  const other = `${sessionId}-b`;
  await join(ada, other);
  expect((await answerTo(ada, insert(0, "lost", 0)))["error"]).toContain("sessionId");
  await edit(ada, { ...insert(0, "two", 0), sessionId: other });
  await edit(ada, { ...insert(3, "!", 1), sessionId });
  ada.send({ type: "leave_session", data: { sessionId } });
  expect(await ada.next()).toEqual(frame("session_left", { sessionId }));
  await edit(ada, insert(3, "?", 1));
  expect(await lookAt(server, sessionId)).toEqual(["one!", 2]);
  expect(await lookAt(server, other)).toEqual(["two?", 2]);
});

test("a user who has left hears no more", async () => {
  const { ada, bob } = await pair("a");
  bob.send({ type: "leave_session", data: { sessionId } });
  await bob.next("session_left");
  await edit(ada, insert(0, "b", 1));
  expect(await drain(bob)).toEqual([]);
  expect((await answerTo(bob, insert(0, "c", 2)))["error"]).toContain("sessionId");
});
