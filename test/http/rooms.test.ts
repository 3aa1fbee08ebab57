import { describe, expect, test } from "bun:test";
import { expectProblem } from "../support/problem.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

const put = (room: string, body?: unknown) => server.http("PUT", `/v1/rooms/${room}`, body);
/** A body as it stands. */
const putText = (room: string, body: string) =>
  fetch(`http://127.0.0.1:${server.port}/v1/rooms/${room}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${API_KEY}` },
    body,
  });

describe("PUT /v1/rooms/{room}", () => {
  test("changes what it names and keeps the rest", async () => {
    const steps = [
      [undefined, { title: null, open: false }],
      [{ title: "Exams" }, { title: "Exams", open: false }],
      [{ open: true }, { title: "Exams", open: true }],
      [{}, { title: "Exams", open: true }],
      [{ title: null }, { title: null, open: true }],
    ];
    for (const [body, state] of steps) {
      const answer = await put("chat:steps", body);
      expect([answer.status, await answer.json()]).toEqual([200, { room: "chat:steps", ...state }]);
      const stored = await server.http("GET", "/v1/rooms/chat:steps");
      expect(await stored.json()).toMatchObject({ room: "chat:steps", ...state });
    }
  });

  test("tells who has joined of a new title, cleaned like any text", async () => {
    const ada = await server.chat("ada");
    expect((await ada.join("titled"))["data"].updates.title).toBe("titled");
    await put("chat:titled", { title: "Algebra & <b>a < b</b><img src=x onerror=alert(1)>\0" });
    expect((await ada.next("chat_update"))["data"]).toEqual({
      chatId: "titled",
      updates: { title: "Algebra & a < b", messageCount: 0, lastMessage: "" },
    });
  });

  test("opens a room to those whom no token grants it, and closes it again", async () => {
    const guest = await server.chat("guest", { rooms: [] });
    const join = async (): Promise<string> => {
      guest.say("chat_update", { action: "join", chatId: "door" });
      return (await guest.next(({ type }) => type === "chat_update" || type === "error"))["type"];
    };
    expect(await join()).toBe("error");
    await put("chat:door", { open: true });
    expect(await join()).toBe("chat_update");
    await put("chat:door", { open: false });
    expect((await guest.next("error"))["data"]).toEqual({ message: "Access denied to chat", code: 403 });
    expect(await join()).toBe("error");
  });

  test.each(["chat:", "chat:a%20b", "chat:a%00b", "chat:a%0Ab", "chat:%E2%80%AE", `chat:${"x".repeat(129)}`])(
    "refuses %p, which is no name of a room",
    async (room) => {
      await expectProblem(await put(room, {}), 400, ["room"]);
    },
  );

  test.each(["chat", "nothing:a", "Chat:a", ":a", "%20chat:a", "user:ada", "all:gurukul", "toString:a"])(
    "knows no rooms of the kind of %p",
    async (room) => {
      await expectProblem(await put(room, {}), 404);
    },
  );

  test("takes any visible characters for a name", async () => {
    for (const id of ["x".repeat(128), "a/b", "a:b", "😀", "ça-va?", "%"]) {
      const answer = await put(`chat:${encodeURIComponent(id)}`, {});
      expect(await answer.json()).toMatchObject({ room: `chat:${id}` });
    }
  });

  test.each(["{", "nothing", "{'title':'a'}", '{"title":"a"} and more', "[".repeat(100_000)])(
    "refuses what is no JSON: %.20p",
    async (body) => {
      await expectProblem(await putText("chat:a", body), 400);
    },
  );

  test.each(["null", "[]", "1", '"title"'])("refuses %p, which is no object", async (body) => {
    await expectProblem(await putText("chat:a", body), 400, [""]);
  });

  test("names each wrong field", async () => {
    await expectProblem(await put("chat:a", { title: 1, open: "yes" }), 400, ["title", "open"]);
    await expectProblem(await put("chat:a", { title: ["a"], open: true }), 400, ["title"]);
    await expectProblem(await put("chat:a", { open: null }), 400, ["open"]);
  });

  test("refuses a title that is too long or holds half a character", async () => {
    await expectProblem(await put("chat:a", { title: "x".repeat(201) }), 400, ["title"]);
    expect((await put("chat:a", { title: "x".repeat(200) })).status).toBe(200);
    await expectProblem(await putText("chat:a", '{"title":"\\ud800"}'), 400, ["title"]);
    expect((await putText("chat:a", '{"title":"\\ud83d\\ude00"}')).status).toBe(200);
  });

  test("leaves the room as it was when it refuses", async () => {
    await put("chat:kept", { title: "Before" });
    await expectProblem(await put("chat:kept", { title: "After", open: 1 }), 400, ["open"]);
    const answer = await server.http("GET", "/v1/rooms/chat:kept");
    expect(await answer.json()).toMatchObject({ title: "Before", open: false });
  });
});

test("a chat that is removed is not there any more, also while somebody is in it", async () => {
  const ada = await server.chat("ada");
  await put("chat:twice");
  await ada.join("twice");
  expect((await server.http("DELETE", "/v1/rooms/chat:twice")).status).toBe(204);
  await expectProblem(await server.http("GET", "/v1/rooms/chat:twice"), 404);
  await expectProblem(await server.http("DELETE", "/v1/rooms/chat:twice"), 404);
});
