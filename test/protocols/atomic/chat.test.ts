import { describe, expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import {
  ANALYTICS,
  CHAT,
  COLLABORATION,
  contents,
  drain,
  enter,
  error,
  frame,
  history,
  message,
  post,
  say,
} from "./clients.ts";

let contexts = 0;
let contextId: string;
const server = stopAfterAll(await startTestServer({ env: { MAX_CONTENT_LENGTH: "100" } }));

const fresh = (): string => {
  contextId = `c-${++contexts}`;
  return contextId;
};

describe("a message", () => {
  test("goes to the whole context, its sender's other devices too, and to no other", async () => {
    fresh();
    const [ada, phone, bob] = [
      await enter(server, CHAT, "ada", { contextId }),
      await enter(server, CHAT, "ada", { contextId }),
      await enter(server, CHAT, "bob", { contextId }),
    ];
    const elsewhere = await enter(server, CHAT, "eve", { contextId: "elsewhere" });
    await drain(ada);
    say(ada, "Hello");
    for (const client of [ada, phone, bob]) {
      expect(await client.next("message")).toEqual(message("ada", "Hello"));
    }
    expect(await drain(elsewhere)).toEqual([]);
  });

  test("reaches nobody on the context's other endpoints", async () => {
    fresh();
    const ada = await enter(server, CHAT, "ada", { contextId });
    const dashboard = await enter(server, ANALYTICS, "ada", { contextId });
    const editor = await enter(server, COLLABORATION, "ada", { contextId });
    say(ada, "Hello");
    await ada.next("message");
    expect(await drain(dashboard)).toEqual([]);
    expect(await drain(editor)).toEqual([]);
  });

  test("has the name of the token as its author, or else the user id, and no tags", async () => {
    fresh();
    const authors = [
      ["Ada Lovelace", "Ada Lovelace"],
      ["<b>Ada</b><script>x</script>", "Ada"],
      ["<img src=x>", "ada"],
      ["", "ada"],
    ];
    for (const [name = "", author] of authors) {
      const ada = await enter(server, CHAT, "ada", { contextId, name });
      say(ada, "Hello");
      expect((await ada.next("message"))["data"]).toMatchObject({ author, authorId: "ada" });
    }
  });

  test("keeps its type and its text, but for markup", async () => {
    const ada = await enter(server, CHAT, "ada", { contextId: fresh() });
    const texts = [
      ["a < b && c > d", "a < b && c > d"],
      ["<img src=x onerror=alert(1)>", ""],
      ["  <b>bold</b>\n\u0000ende\u0301 ", "  bold\nend\u00e9 "],
      ["😀".repeat(100), "😀".repeat(100)],
    ];
    for (const [content = "", shown] of texts) {
      ada.send({ type: "message", data: { content, messageType: "note.1" } });
      expect((await ada.next("message"))["data"]).toMatchObject({ content: shown, messageType: "note.1" });
    }
  });

  test("is refused when it is empty, too long, no text, or not well formed, and the connection lives", async () => {
    const ada = await enter(server, CHAT, "ada", { contextId: fresh() });
    const wrong: [Frame, string][] = [
      [{ content: "" }, "content: must not be empty"],
      [{ content: "x".repeat(101) }, "content: must have at most 100 characters"],
      [{ content: "\ud800" }, "content: must not have lone surrogates"],
      [{ content: 7 }, "content: "],
      [{}, "content: "],
      [{ content: "x", messageType: "" }, "messageType: must be a word"],
      [{ content: "x", messageType: "<b>" }, "messageType: must be a word"],
    ];
    for (const [data, text] of wrong) {
      ada.send({ type: "message", data });
      expect(await ada.next()).toEqual(error(expect.stringContaining(text)));
    }
    say(ada, "still here");
    expect(contents([await ada.next()])).toEqual(["still here"]);
  });

  test("needs an envelope: a type, an object of data, an id that can be one", async () => {
    const ada = await enter(server, CHAT, "ada", { contextId: fresh() });
    const data = { content: "x" };
    const wrong: unknown[] = [
      { data },
      { type: 7, data },
      { type: "", data },
      { type: "message", data: "x" },
      [],
    ];
    for (const envelope of wrong) {
      ada.send(envelope);
      expect(await ada.next()).toEqual(error("Invalid message format"));
    }
    for (const id of [7, "", "a b", "x".repeat(129), {}]) {
      ada.send({ type: "message", id, data });
      expect(await ada.next()).toEqual(error("Invalid id"));
    }
  });
});

describe("a message with an id", () => {
  test("comes to all with it", async () => {
    fresh();
    const [ada, bob] = [
      await enter(server, CHAT, "ada", { contextId }),
      await enter(server, CHAT, "bob", { contextId }),
    ];
    say(ada, "Hello", { id: 'm-"1"' });
    for (const client of [ada, bob]) {
      expect(await client.next("message")).toEqual(message("ada", "Hello", 'm-"1"'));
    }
  });

  test("that comes again, from any device, is confirmed as it was and delivered to nobody", async () => {
    fresh();
    const [ada, phone, bob] = [
      await enter(server, CHAT, "ada", { contextId }),
      await enter(server, CHAT, "ada", { contextId }),
      await enter(server, CHAT, "bob", { contextId }),
    ];
    say(ada, "Hello", { id: "m-1" });
    const first = await ada.next("message");
    await phone.next("message");
    await bob.next("message");
    say(phone, "Hello", { id: "m-1" });
    expect(await phone.next()).toEqual(first);
    expect(await drain(ada)).toEqual([]);
    expect(await drain(bob)).toEqual([]);
    say(bob, "mine", { id: "m-1" });
    expect(await bob.next()).toEqual(message("bob", "mine", "m-1"));
    expect((await history(ada))["messages"]).toHaveLength(2);
  });
});

describe("a backend", () => {
  const posted = (data: Frame, more: Frame = {}) => ({
    room: `context:${contextId}`,
    type: "message",
    data,
    ...more,
  });

  test("says something in a context, with the id that it gives it", async () => {
    const ada = await enter(server, CHAT, "ada", { contextId: fresh() });
    const data = { id: "note-1", content: "<b>Class</b> begins", author: "School", authorId: "bot" };
    const answer = await post(server, posted(data));
    expect(await answer.json()).toEqual({ accepted: 1, ids: ["note-1"] });
    const event = await ada.next();
    expect(event).toEqual(
      frame("message", {
        ...{ ...data, content: "Class begins" },
        ...{ messageType: "text", timestamp: expect.any(String) },
      }),
    );
    expect(await history(ada, { before: "note-1" })).toEqual({ messages: [], hasMore: false });
    const { data: said } = event;
    expect((await history(ada))["messages"]).toEqual([said]);
    const response = await server.http("GET", `/v1/rooms/context:${contextId}/messages`);
    expect(await response.json()).toEqual({ messages: [said], hasMore: false });
    const room = await server.http("GET", `/v1/rooms/context:${contextId}`);
    expect(await room.json()).toMatchObject({ messageCount: 1, online: 1 });
  });

  test("says it once, however often it posts it", async () => {
    const ada = await enter(server, CHAT, "ada", { contextId: fresh() });
    const once = posted({ content: "Hello", author: "School" }, { id: "p-1" });
    const named = posted({ content: "Hello", author: "School", id: "n-1" });
    for (const event of [once, once, named, named]) {
      expect((await post(server, event)).status).toBe(200);
    }
    const frames = await drain(ada);
    expect(contents(frames)).toEqual(["Hello", "Hello"]);
    // What names the post is between the backend and the server.
    expect(frames.map(({ id }) => id)).toEqual([undefined, undefined]);
  });

  test("posts nothing else, and nowhere else", async () => {
    fresh();
    const good = { content: "Hello", author: "School" };
    const wrong: [Frame, number, string][] = [
      [posted({ content: "Hello" }), 400, "data.author"],
      [posted({ ...good, content: "x".repeat(101) }), 400, "data.content"],
      [posted({ ...good, id: "a b" }), 400, "data.id"],
      [posted(good, { room: "session:s" }), 400, "room"],
      [posted(good, { room: "chat:c" }), 400, "room"],
      [{ user: "ada", type: "message", data: good }, 400, "room"],
      [{ everyone: true, type: "message", data: good }, 400, "room"],
      [posted({ userId: "ada", isTyping: true }, { type: "typing" }), 404, "type"],
      [posted({ userId: "ada", username: "Ada" }, { type: "user_joined" }), 404, "type"],
    ];
    for (const [event, status, path] of wrong) {
      const answer = await post(server, event);
      expect([path, answer.status]).toEqual([path, status]);
      expect(((await answer.json()) as Frame)["errors"]).toMatchObject([{ path }]);
    }
  });
});
