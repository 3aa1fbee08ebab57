import { beforeEach, expect, test } from "bun:test";
import { stopAfterAll } from "../../support/server.ts";
import { drain, error, frame } from "./clients.ts";
import { answerTo, come, edit, editor, editsIn, insert, join, lookAt, startSessions } from "./editors.ts";

let sessions = 0;
let sessionId: string;
const server = stopAfterAll(await startSessions());
beforeEach(() => {
  sessionId = `session_${++sessions}`;
});

const joined = (userId: string, role = "participant", username = userId) =>
  frame("participant_joined", { sessionId, userId, username, role });
const left = (userId: string, username = userId) =>
  frame("participant_left", { sessionId, userId, username });

test("who comes and goes is told to the others, and not to himself", async () => {
  const ada = await editor(server, "ada", sessionId);
  const bob = await come(server, "bob", { name: "<b>Bob</b>" });
  await join(bob, sessionId, "observer");
  expect(await ada.next()).toEqual(joined("bob", "observer", "Bob"));
  const cyd = await editor(server, "cyd", sessionId);
  expect([await ada.next(), await bob.next()]).toEqual([joined("cyd"), joined("cyd")]);
  bob.send({ type: "leave_session", data: { sessionId } });
  expect(await bob.next()).toEqual(frame("session_left", { sessionId }));
  expect([await ada.next(), await cyd.next()]).toEqual([left("bob", "Bob"), left("bob", "Bob")]);
  cyd.close();
  expect(await ada.next()).toEqual(left("cyd"));
  expect(await drain(ada)).toEqual([]);
  expect(await drain(bob)).toEqual([]);
});

test("a user is there once, from the first of his connections to the last", async () => {
  const ada = await editor(server, "ada", sessionId);
  const [laptop, phone] = [await editor(server, "bob", sessionId), await editor(server, "bob", sessionId)];
  expect(await ada.next()).toEqual(joined("bob"));
  expect((await join(ada, sessionId))["participants"]).toHaveLength(2);
  laptop.close();
  await laptop.closed;
  expect(await drain(ada)).toEqual([]);
  phone.close();
  expect(await ada.next()).toEqual(left("bob"));
  expect((await join(ada, sessionId))["participants"]).toHaveLength(1);
});

test("each of a user's connections hears what the others of his do, but for what it did itself", async () => {
  const laptop = await editor(server, "bob", sessionId);
  const phone = await editor(server, "bob", sessionId);
  await edit(laptop, insert(0, "a", 0));
  expect(editsIn(await drain(phone))).toEqual([insert(0, "a", 1)]);
  expect(await drain(laptop)).toEqual([]);
});

test("a user takes part while one of his connections does, and a change of that is told", async () => {
  const ada = await editor(server, "ada", sessionId);
  const watching = await come(server, "bob");
  await join(watching, sessionId, "observer");
  expect(await ada.next()).toEqual(joined("bob", "observer"));
  const writing = await editor(server, "bob", sessionId);
  expect(await ada.next()).toEqual(joined("bob", "participant"));
  await join(writing, sessionId, "observer");
  expect(await ada.next()).toEqual(joined("bob", "observer"));
  await join(writing, sessionId);
  expect(await ada.next()).toEqual(joined("bob", "participant"));
  writing.close();
  expect(await ada.next()).toEqual(joined("bob", "observer"));
});

test("a user who may no longer be in a session is out of it, and the others are told", async () => {
  const room = `session:${sessionId}`;
  await server.http("PUT", `/v1/rooms/${room}/members/eve`, {});
  const ada = await editor(server, "ada", sessionId);
  const eve = await come(server, "eve", { rooms: [] });
  await join(eve, sessionId);
  expect(await ada.next()).toEqual(joined("eve"));
  await server.http("DELETE", `/v1/rooms/${room}/members/eve`);
  expect((await eve.next())["error"]).toBe("Access denied");
  expect(await eve.next()).toEqual(frame("session_left", { sessionId }));
  expect(await ada.next()).toEqual(left("eve"));
  await edit(ada, insert(0, "secret", 0));
  eve.send({ type: "edit", data: { ...insert(0, "x", 0), sessionId } });
  expect((await eve.next())["error"]).toBe("Access denied");
  eve.send({ type: "edit", data: insert(0, "x", 0) });
  expect((await eve.next())["error"]).toContain("sessionId");
  expect(await drain(eve)).toEqual([]);
});

test("nobody joins a session that his token does not open, nor hears who is in it", async () => {
  await editor(server, "ada", sessionId);
  const eve = await come(server, "eve", { rooms: [`session:${sessionId}-b`] });
  eve.send({ type: "join_session", data: { sessionId, role: "observer" } });
  expect((await eve.next())["error"]).toBe("Access denied");
  expect((await join(eve, `${sessionId}-b`))["participants"]).toHaveLength(1);
});

test("a session that is removed is told to all who are in it; it begins again without text and without them", async () => {
  const room = `session:${sessionId}`;
  await server.http("PUT", `/v1/rooms/${room}/members/eve`, {});
  const [ada, bob] = [await editor(server, "ada", sessionId), await editor(server, "bob", sessionId)];
  const eve = await come(server, "eve", { rooms: [] });
  await join(eve, sessionId, "observer");
  await edit(ada, insert(0, "gone", 0));
  for (const each of [ada, bob, eve]) await drain(each);

  expect((await server.http("DELETE", `/v1/rooms/${room}`)).status).toBe(204);
  const out = frame("session_left", { sessionId });
  for (const each of [ada, bob]) {
    expect(await drain(each)).toEqual([left("eve"), out, error("The session was removed")]);
  }
  expect(await drain(eve)).toEqual([error("Access denied"), out]);

  expect((await answerTo(ada, { ...insert(0, "x", 1), sessionId }))["error"]).toContain("joined");
  expect(await join(bob, sessionId)).toEqual({
    ...{ sessionId, content: "", version: 0 },
    participants: [{ userId: "bob", username: "bob", role: "participant" }],
  });
  expect(await edit(bob, insert(0, "new", 0))).toBe(1);
  expect(await drain(ada)).toEqual([]);
  expect(await lookAt(server, sessionId)).toEqual(["new", 1]);
});

test("a session in which nobody has edited anything yet can be removed too, while somebody is in it", async () => {
  const room = "session:untouched";
  const ada = await editor(server, "ada", "untouched");
  expect((await server.http("DELETE", `/v1/rooms/${room}`)).status).toBe(204);
  expect(await drain(ada)).toEqual([
    frame("session_left", { sessionId: "untouched" }),
    error("The session was removed"),
  ]);
  expect((await server.http("DELETE", `/v1/rooms/${room}`)).status).toBe(404);
});
