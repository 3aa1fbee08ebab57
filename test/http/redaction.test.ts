import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Frame } from "../support/client.ts";
import { dietClient } from "../support/diet.ts";
import { says, startFakeOpenAi, waits } from "../support/fake-openai.ts";
import { readAll } from "../support/feed.ts";
import { erase, erased } from "../support/personal.ts";
import { expectProblem } from "../support/problem.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const agent = stopAfterAll(startFakeOpenAi(says("Fine")));
const server = stopAfterAll(
  await startTestServer({ env: { AI_BASE_URL: agent.baseURL, AI_MODEL: "m", AI_API_KEY: "k" } }),
);
const SECRET = "the-secret-text";

const redact = (room: string, id: string): Promise<Response> =>
  server.http("DELETE", `/v1/rooms/${encodeURIComponent(room)}/messages/${encodeURIComponent(id)}`);
async function messages(room: string): Promise<Frame[]> {
  const answer = await server.http("GET", `/v1/rooms/${encodeURIComponent(room)}/messages`);
  return ((await answer.json()) as Frame)["messages"];
}
async function post(protocol: string, event: unknown): Promise<void> {
  const answer = await server.http("POST", `/v1/${protocol}/events`, event);
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
}

test("a redacted message of gurukul keeps its place, and nothing shows its text again", async () => {
  const ada = await server.chat("ada");
  await ada.join("one");
  ada.say("message", { chatId: "one", content: SECRET, messageId: "m-1" });
  const said = (await ada.next("message"))["data"].message;
  ada.say("message", { chatId: "one", content: "after", messageId: "m-2" });
  await ada.next("message");
  expect((await redact("chat:one", said.id)).status).toBe(204);

  // Clients in the chat hear which message it was.
  expect((await ada.next("chat_update"))["data"]).toEqual({
    chatId: "one",
    updates: { title: "one", messageCount: 2, lastMessage: "after", redacted: said.id },
  });
  // A repeat is confirmed, and does not bring the text back.
  ada.say("message", { chatId: "one", content: SECRET, messageId: "m-1" });
  const repeated = await ada.next(({ type }) => type === "message" || type === "error");
  expect([repeated["type"], repeated["data"].message.content]).toEqual(["message", ""]);

  const redacted = { ...said, content: "", metadata: { redacted: true } };
  expect((await messages("chat:one"))[0]).toEqual(redacted);
  const bob = await server.chat("bob");
  await bob.join("one");
  const history = (await bob.next("batch"))["data"].messages;
  expect(history.map(({ data }: Frame) => data.message.content)).toEqual(["", "after"]);
  const late = await server.chat("cem", { query: "&resume=chat%3Aone%400" });
  await late.join("one");
  expect((await late.next("message"))["data"].message).toEqual(redacted);
  expect((await late.next("message"))["data"].message.content).toBe("after");

  for (const { frames } of [ada, bob, late]) {
    expect(frames.filter(({ type }) => type === "redacted")).toEqual([]);
  }

  const events = (await readAll(server)).filter(({ room }) => room === "chat:one");
  expect(JSON.stringify(events)).not.toContain(SECRET);
  expect(events.map(({ kind, offset }) => [kind, offset])).toEqual([
    ["message", 1],
    ["message", 2],
    ["redacted", 3],
  ]);
  expect(events[2]!["data"]).toEqual({ offset: 1, id: said.id });
});

test("to redact again changes nothing, and an unknown message is 404", async () => {
  const ada = await server.chat("ada");
  await ada.join("again");
  ada.say("message", { chatId: "again", content: SECRET });
  const { id } = (await ada.next("message"))["data"].message;
  for (let time = 0; time < 3; time++) expect((await redact("chat:again", id)).status).toBe(204);
  const events = (await readAll(server)).filter(({ room }) => room === "chat:again");
  expect(events.map(({ kind }) => kind)).toEqual(["message", "redacted"]);
  for (const [room, unknown] of [
    ["chat:again", "msg-none-1"],
    ["chat:nowhere", id],
    ["guild:g", id],
    ["session:s", id],
  ] as const) {
    await expectProblem(await redact(room, unknown), 404);
  }
});

test("an agent does not get a redacted message", async () => {
  const ada = await server.chat("ada");
  await ada.join("asked");
  ada.say("message", { chatId: "asked", content: SECRET });
  const { id } = (await ada.next("message"))["data"].message;
  expect((await redact("chat:asked", id)).status).toBe(204);
  ada.say("message", { chatId: "asked", content: "Hello?", agentId: "therapist" });
  const { body } = await agent.request(0);
  expect(body.messages.at(-1)?.content).toBe("Hello?");
  expect(body.messages.filter(({ role }) => role === "user").length).toBe(1);
});

test("an agent that thinks about a question while it is redacted, or its user erased, does not answer it", async () => {
  const noah = await server.chat("noah");
  await noah.join("thinking");
  const ada = await server.chat("ada-9");
  await ada.join("thinking");
  const takeBack: ((id: string) => Promise<unknown>)[] = [
    (id) => redact("chat:thinking", id),
    async () => {
      await erase(server, "ada-9");
      await erased(server, "ada-9");
    },
  ];
  try {
    for (const take of takeBack) {
      const gate = Promise.withResolvers<void>();
      agent.reply = waits(gate.promise, says(`You said ${SECRET}`));
      const asked = agent.request(agent.requests.length);
      ada.say("message", { chatId: "thinking", content: SECRET, agentId: "therapist" });
      const { id } = (await noah.next("message"))["data"].message;
      await noah.next(({ type, data }) => type === "typing" && data.isTyping);
      await asked;
      await take(id);
      gate.resolve();
      await noah.next(({ type, data }) => type === "typing" && !data.isTyping);
    }
    const said = (await messages("chat:thinking")).map(({ role, content }) => [role, content]);
    expect(said).toEqual([
      ["user", ""],
      ["user", ""],
    ]);
  } finally {
    agent.reply = says("Fine");
  }
});

test("atomic, diet and hyperfocus show a redacted message in the shape of their contract", async () => {
  const said = { id: "a-1", content: SECRET, author: "Ada", authorId: "ada" };
  await post("atomic", { room: "context:c", type: "message", data: said });
  expect((await redact("context:c", "a-1")).status).toBe(204);
  expect((await messages("context:c"))[0]).toMatchObject({ ...said, content: "" });
  await post("atomic", { room: "context:c", type: "message", data: { ...said, id: "a-2", content: "next" } });
  expect((await messages("context:c")).map(({ id }) => id)).toEqual(["a-1", "a-2"]);

  const inGroup = { messageId: "d-1", groupId: "g", fromUserId: "mia", mentions: ["noah"] };
  const timestamp = "2026-03-02T08:30:00.000Z";
  const group = { ...inGroup, content: SECRET, timestamp };
  await post("diet", { room: "group:g", type: "group.message", data: group });
  const [before] = await messages("group:g");
  expect((await redact("group:g", before!["id"])).status).toBe(204);
  const { mentions: _, ...rest } = group;
  expect(await messages("group:g")).toEqual([{ ...before, data: { ...rest, content: "" } }]);

  const sender = { userId: "u", username: SECRET, avatar: "", isSubscriber: false, isModerator: false };
  const gift = {
    ...{ giftId: "g-1", giftType: "rose", quantity: 1, sender },
    animation: { type: "particle", duration: 1, assetUrl: "", soundUrl: "" },
  };
  await post("hyperfocus", { room: "stream:s", type: "gift:received", data: gift });
  expect((await redact("stream:s", "g-1")).status).toBe(204);
  expect((await messages("stream:s"))[0]).toMatchObject({ ...gift, sender: { ...sender, username: "" } });
  // The backend does not know whether its first post arrived.
  await post("hyperfocus", { room: "stream:s", type: "gift:received", data: gift });
  expect((await messages("stream:s")).length).toBe(1);

  expect(JSON.stringify(await readAll(server))).not.toContain(SECRET);
});

test("the notifications of a diet message that was redacted do not quote it either", async () => {
  for (const user of ["mia", "noah"]) {
    await server.http("PUT", `/v1/rooms/group:q/members/${user}`, {});
  }
  const { client: mia } = await dietClient(server, "mia");
  const timestamp = new Date().toISOString();
  const said = { messageId: "q-1", groupId: "q", fromUserId: "mia", mentions: ["noah"], timestamp };
  mia.send({ id: "f-1", type: "group.message", timestamp, data: { ...said, content: SECRET } });
  await mia.next(({ id, success }) => id === "f-1" && success === true);
  const [message] = await messages("group:q");
  expect(JSON.stringify(await readAll(server, "kind=notification"))).toContain(SECRET);
  expect((await redact("group:q", message!["id"])).status).toBe(204);
  const { client: noah } = await dietClient(server, "noah");
  expect((await noah.next("notification"))["data"]).toMatchObject({ userId: "noah", message: "" });
  expect(JSON.stringify(await readAll(server))).not.toContain(SECRET);
});

test("after a restart and a checkpoint no file holds the text", async () => {
  const other = await startTestServer();
  try {
    const ada = await other.chat("ada");
    await ada.join("filed");
    ada.say("message", { chatId: "filed", content: `${SECRET} ${"x".repeat(9_000)}` });
    const { id } = (await ada.next("message"))["data"].message;
    const path = `/v1/rooms/chat:filed/messages/${id}`;
    expect((await other.http("DELETE", path)).status).toBe(204);
    await other.shutdown();
    // The write-ahead log holds earlier pages until it is written over.
    const database = new Database(join(other.directory, "test.db"));
    database.run("PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
    for (const file of readdirSync(other.directory)) {
      const found = readFileSync(join(other.directory, file)).includes(SECRET);
      expect([file, found]).toEqual([file, false]);
    }
  } finally {
    await other.stop();
  }
});
