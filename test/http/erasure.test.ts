import { expect, test } from "bun:test";
import { tokenWith } from "../protocols/atomic/clients.ts";
import type { Frame } from "../support/client.ts";
import { dietClient } from "../support/diet.ts";
import { readAll } from "../support/feed.ts";
import {
  erase,
  erased,
  filesWith,
  KEPT,
  live,
  NAME,
  post,
  SAID,
  tablesWith,
  USER,
} from "../support/personal.ts";
import { expectProblem } from "../support/problem.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());
const receiver = stopAfterAll(startReceiver());
const ERASED = "erased-user";
const messages = async (room: string): Promise<Frame[]> =>
  ((await (await server.http("GET", `/v1/rooms/${room}/messages`)).json()) as Frame)["messages"];

await live(server);
const before = await server.token(USER);
const open = await server.chat(USER);
const started = await erase(server);
const state = await erased(server);

test("an erasure is accepted, tells how far it is, and ends the user's connections and tokens", async () => {
  expect(started.status).toBe(202);
  expect(await started.json()).toEqual({
    ...{ id: USER, startedAt: expect.any(String), finishedAt: null, redacted: 0 },
  });
  expect(state).toMatchObject({ id: USER, finishedAt: expect.any(String) });
  expect(state["redacted"]).toBeGreaterThan(5);
  expect((await open.closed).code).toBe(4004);
  const late = await server.connect(`/ws?token=${before}`);
  await late.closed;
  expect(late.frames.filter(({ type }) => type === "error").length).toBe(1);
  await expectProblem(await server.http("GET", `/v1/users/${USER}`), 404);
});

test("what the user said and was called is in no file, and their id only where it must be", () => {
  for (const text of [SAID, NAME]) expect(filesWith(server.directory, text)).toEqual([]);
  expect(filesWith(server.directory, KEPT)).not.toEqual([]);
  // Without it their tokens would be taken again, and a backup could not be erased again.
  expect(tablesWith(server.directory, USER).toSorted()).toEqual(["erasures", "removed_rooms", "users"]);
});

test("every contract shows what is left in its own shape, at its place", async () => {
  const [first, second] = await messages("chat:c");
  expect(first).toMatchObject({ userId: ERASED, content: "", role: "user", metadata: { redacted: true } });
  expect(second).toMatchObject({ userId: "noah", content: KEPT });
  expect((await messages("context:k"))[0]).toMatchObject({
    authorId: ERASED,
    author: "Erased user",
    content: "",
  });
  const [said, answered] = (await messages("group:g")).filter(({ type }) => type === "group.message");
  expect(said!["data"]).toMatchObject({ fromUserId: ERASED, content: "" });
  expect(answered!["data"]).toMatchObject({ fromUserId: "noah", content: KEPT, mentions: [] });
  const gifts = await messages("stream:s");
  expect(gifts.length).toBeGreaterThan(0);
  for (const { sender } of gifts) {
    expect(sender).toMatchObject({ userId: ERASED, username: "Erased user", avatar: "" });
  }
});

test("friends no longer have the user, and nothing from them is pending", async () => {
  const noah = await dietClient(server, "noah");
  const types = await noah.types();
  expect(types).not.toContain("direct.message");
  expect(types).not.toContain("user.presence");
});

test("history, resume, the feed and webhooks say the same", async () => {
  const late = await server.chat("late", { query: "&resume=chat%3Ac%400" });
  await late.join("c");
  const first = await late.next("message");
  expect([first["offset"], first["data"].message.userId, first["data"].message.content]).toEqual([
    1,
    ERASED,
    "",
  ]);
  const feed = await readAll(server);
  await server.http("PUT", "/v1/webhooks/w", { url: receiver.url, from: "beginning" });
  const { events } = await receiver.next();
  for (const all of [feed, events]) {
    expect(all.length).toBeGreaterThan(8);
    expect(JSON.stringify(all)).not.toContain(SAID);
    expect(JSON.stringify(all)).not.toContain(NAME);
    expect(JSON.stringify(all)).not.toContain(USER);
    // Consumers that kept something hear of it.
    expect(all.find(({ kind, room }) => kind === "redacted" && room === "chat:c")).toMatchObject({
      data: { offset: 1, id: expect.stringMatching(/^msg-/) },
    });
  }
  await server.http("DELETE", "/v1/webhooks/w");
});

test("a document keeps its text, and an edit loses its author", async () => {
  const edits = await readAll(server, "room=session:doc");
  expect(edits[0]).toMatchObject({ sender: null, clientId: null });
  expect(edits[0]!["data"]).toMatchObject({ author: "Erased user", authorId: ERASED, content: "text" });
});

test("a backend that repeats a post about the user is confirmed, and brings nothing back", async () => {
  await post(server, "discord", {
    ...{ room: "guild:d", type: "voice.joined", id: "joined-1" },
    data: { guildId: "d", channelId: "v", userId: USER, username: NAME, avatar: SAID },
  });
  expect(JSON.stringify(await readAll(server))).not.toContain(NAME);
});

test("an id that no user can have is refused, and so is a token of the user who stands for all", async () => {
  for (const id of ["a%20b", "*", ERASED]) await expectProblem(await erase(server, id), 400, ["id"]);
  await expectProblem(await server.http("GET", "/v1/users/nobody/erasure"), 404);
  const client = await server.connect(`/ws?token=${await tokenWith({ sub: ERASED, rooms: ["*"] })}`);
  await client.closed;
  expect(client.frames[0]).toMatchObject({ type: "error" });
});
