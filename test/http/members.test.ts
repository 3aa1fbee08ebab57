import { expect, test } from "bun:test";
import { expectProblem } from "../support/problem.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

const members = (room: string, query = "") => server.http("GET", `/v1/rooms/${room}/members${query}`);
const put = (room: string, userId: string, body?: unknown) =>
  server.http("PUT", `/v1/rooms/${room}/members/${userId}`, body);
const remove = (room: string, userId: string) => server.http("DELETE", `/v1/rooms/${room}/members/${userId}`);

test("a member is added with a role or without, and listed", async () => {
  const added = await put("chat:class", "ada", { role: "teacher" });
  expect([added.status, await added.json()]).toEqual([
    200,
    { room: "chat:class", userId: "ada", role: "teacher" },
  ]);
  expect(await (await put("chat:class", "bob")).json()).toMatchObject({ userId: "bob", role: null });
  expect(await (await members("chat:class")).json()).toEqual({
    members: [
      { userId: "ada", role: "teacher" },
      { userId: "bob", role: null },
    ],
    hasMore: false,
  });
  await put("chat:class", "ada", { role: "dean" });
  expect(await (await members("chat:class", "?limit=1")).json()).toEqual({
    members: [{ userId: "ada", role: "dean" }],
    hasMore: true,
  });
  expect(await (await members("chat:class", "?limit=1&after=ada")).json()).toEqual({
    members: [{ userId: "bob", role: null }],
    hasMore: false,
  });
  expect((await remove("chat:class", "ada")).status).toBe(204);
  expect(await (await members("chat:class")).json()).toMatchObject({ members: [{ userId: "bob" }] });
});

test("a member may join without a grant, hears of the chat, and is out when removed", async () => {
  const ada = await server.chat("ada");
  const bob = await server.chat("bob", { rooms: [] });
  await ada.join("club");
  bob.say("chat_update", { action: "join", chatId: "club" });
  expect((await bob.next("error"))["data"].code).toBe(403);

  await put("chat:club", "bob");
  ada.say("message", { chatId: "club", content: "Welcome" });
  expect((await bob.next("chat_update"))["data"].updates.lastMessage).toBe("Welcome");
  await bob.join("club");
  ada.say("message", { chatId: "club", content: "for bob" });
  expect((await bob.next("message"))["data"].message.content).toBe("for bob");

  await remove("chat:club", "bob");
  expect((await bob.next("error"))["data"]).toEqual({ message: "Access denied to chat", code: 403 });
  ada.say("message", { chatId: "club", content: "not for bob" });
  await ada.next(({ type, data }) => type === "message" && data.message.content === "not for bob");
  expect(await bob.drain()).toEqual([]);
});

test("a member whose token grants the chat stays in it when removed", async () => {
  const [ada, bob] = [await server.chat("ada", { rooms: ["chat:*"] }), await server.chat("bob")];
  await Promise.all([ada.join("own"), bob.join("own")]);
  await put("chat:own", "ada");
  await remove("chat:own", "ada");
  bob.say("message", { chatId: "own", content: "still there?" });
  expect((await ada.next())["data"].message.content).toBe("still there?");
});

test("removing somebody who is no member changes nothing", async () => {
  expect((await remove("chat:class", "nobody")).status).toBe(204);
  for (let n = 0; n < 2; n++) {
    expect((await remove("chat:never-made", "nobody")).status).toBe(204);
    await expectProblem(await server.http("GET", "/v1/rooms/chat:never-made"), 404);
  }
});

test("wrong rooms, ids and roles are refused by their names", async () => {
  await expectProblem(await put("nothing:a", "ada", {}), 404);
  await expectProblem(await members("nothing:a"), 404);
  await expectProblem(await remove("nothing:a", "ada"), 404);
  await expectProblem(await put("chat:a%20b", "ada", {}), 400, ["room"]);
  for (const userId of ["a%20b", "%00", "x".repeat(129)]) {
    await expectProblem(await put("chat:a", userId, {}), 400, ["userId"]);
  }
  for (const role of [1, null, ["a"], "x".repeat(65)]) {
    await expectProblem(await put("chat:a", "ada", { role }), 400, ["role"]);
  }
  const halfACharacter = await fetch(`http://127.0.0.1:${server.port}/v1/rooms/chat:a/members/ada`, {
    method: "PUT",
    headers: { authorization: `Bearer ${API_KEY}` },
    body: '{"role":"\\ud800"}',
  });
  await expectProblem(halfACharacter, 400, ["role"]);
  for (const limit of ["0", "1001", "1.5", "many", ""]) {
    await expectProblem(await members("chat:a", `?limit=${limit}`), 400, ["limit"]);
  }
  expect(await (await members("chat:a")).json()).toEqual({ members: [], hasMore: false });
});

test("a user id that nobody can have is no member to remove, and makes no room", async () => {
  for (const userId of ["a%20b", "%00", "x".repeat(129)])
    await expectProblem(await remove("chat:nobody", userId), 400, ["userId"]);
  await expectProblem(await server.http("GET", "/v1/rooms/chat:nobody"), 404);
});
