import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Frame } from "../support/client.ts";
import { AT, type DietClient, dietClient } from "../support/diet.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { says, startFakeOpenAi } from "../support/fake-openai.ts";
import { readAll } from "../support/feed.ts";
import { filesWith, post } from "../support/personal.ts";
import { expectProblem } from "../support/problem.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const agent = stopAfterAll(startFakeOpenAi(says("the-coachs-secret")));
const server = stopAfterAll(
  await startTestServer({ env: { AI_BASE_URL: agent.baseURL, AI_MODEL: "m", AI_API_KEY: "k" } }),
);
const SECRET = "the-secret-text";

const redact = (room: string, id: string): Promise<Response> =>
  server.http("DELETE", `/v1/rooms/${encodeURIComponent(room)}/messages/${encodeURIComponent(id)}`);
const eventsOf = (room: string): Promise<Frame[]> => readAll(server, `room=${encodeURIComponent(room)}`);
const eventOf = async (room: string, kind: string): Promise<Frame> =>
  (await eventsOf(room)).find((event) => event["kind"] === kind)!;
const redactedIn = async (room: string): Promise<Frame[]> =>
  (await eventsOf(room)).filter(({ kind }) => kind === "redacted").map(({ data }) => data);
/** Redacts the first event of this kind in the user's inbox; resolves to its id. */
async function redactOwn(userId: string, kind: string): Promise<string> {
  const room = `diet-user:${userId}`;
  const { offset } = await eventOf(room, kind);
  expect((await redact(room, `${room}/${offset}`)).status).toBe(204);
  return `${room}/${offset}`;
}
const asks = (one: DietClient, messageId: string): Promise<Frame> =>
  one.ask("ai.coach.message", {
    ...{
      messageId,
      conversationId: "talk",
      userId: one.userId,
      message: SECRET,
      isFromAI: false,
      timestamp: AT,
    },
  });

test("a direct message that is taken back goes from both inboxes, and is delivered without its text", async () => {
  const mia = await dietClient(server, "mia");
  const sent = { messageId: "dm-1", fromUserId: "mia", toUserId: "noah", timestamp: AT, isRead: false };
  const attachments = [{ type: "image/png", url: `https://x.example/${SECRET}.png`, name: SECRET }];
  const frame = { id: "frame-of-mia", type: "direct.message", timestamp: AT };
  await mia.askFrame({ ...frame, data: { ...sent, content: SECRET, attachments } });
  const id = await redactOwn("noah", "direct.message");
  expect(JSON.stringify(await readAll(server))).not.toContain(SECRET);
  // Once for all copies, however often, and whichever inbox is named.
  expect((await redact("diet-user:noah", id)).status).toBe(204);
  await redactOwn("mia", "direct.message");
  expect(await redactedIn("diet-user:noah")).toEqual([{ offset: 1, id }]);

  const noah = await dietClient(server, "noah");
  expect((await noah.event("direct.message"))["data"]).toEqual({ ...sent, content: "" });
  mia.client.send({ ...frame, data: { ...sent, content: SECRET, attachments } });
  const repeated = await mia.client.next(({ id, success }) => id === frame.id && success === true);
  expect([repeated["success"], repeated["data"].content]).toEqual([true, ""]);

  const late = await server.connect("/api/diet/ws?resume=diet-user%3Anoah%400");
  late.send({
    type: "auth",
    token: await server.token("noah", { rooms: [] }),
    userId: "noah",
    sessionId: "s",
  });
  const again = await late.next("direct.message");
  expect([again["room"], again["offset"], again["data"].content]).toEqual(["diet-user:noah", 1, ""]);
});

test("what a user told the coach, and what the coach answered, can be taken back, and the coach does not get it again", async () => {
  const ada = await dietClient(server, "ada");
  await asks(ada, "c-1");
  await ada.client.next(({ type, data }) => type === "ai.coach.message" && data.isFromAI === true);
  const [asked, answered] = (await eventsOf("diet-user:ada")).map(({ offset }) => `diet-user:ada/${offset}`);
  for (const id of [asked!, answered!]) expect((await redact("diet-user:ada", id)).status).toBe(204);
  expect(JSON.stringify(await eventsOf("diet-user:ada"))).not.toMatch(/the-(coachs-)?secret/);
  await ada.ask("ai.coach.message", {
    ...{ messageId: "c-2", conversationId: "talk", userId: "ada", message: "Again", isFromAI: false },
    timestamp: AT,
  });
  await ada.client.next(({ type, data }) => type === "ai.coach.message" && data.isFromAI === true);
  const { body } = await agent.request(1);
  expect(body.messages.filter(({ role }) => role !== "system").map(({ content }) => content)).toEqual([
    "Again",
  ]);
});

test("a user's own events lose their texts, and keep what else they say", async () => {
  const eve = await dietClient(server, "eve");
  const meal = { mealId: "m", userId: "eve", mealType: "lunch", calories: 320, loggedAt: AT };
  await eve.ask("meal.logged", { ...meal, mealName: SECRET });
  const post = { postId: "p", authorId: "eve", authorName: "Eve", type: "tip", createdAt: AT };
  await eve.ask("post.created", { ...post, content: SECRET });
  for (const kind of ["meal.logged", "post.created"]) await redactOwn("eve", kind);
  expect((await eventOf("diet-user:eve", "meal.logged"))["data"]).toEqual({ ...meal, mealName: "" });
  expect((await eventOf("diet-user:eve", "post.created"))["data"]).toEqual({ ...post, content: "" });
});

test("a request for friendship loses its message for the user who is asked too", async () => {
  const [kim, lee] = [await dietClient(server, "kim"), await dietClient(server, "lee")];
  const request = { requestId: "r", fromUserId: "kim", fromUserName: "Kim", toUserId: "lee", sentAt: AT };
  await kim.ask("friend.request", { ...request, message: SECRET });
  await lee.event("friend.request");
  await redactOwn("kim", "friend.request");
  for (const room of ["diet-user:kim", "diet-user:lee"])
    expect((await eventOf(room, "friend.request"))["data"]).toEqual(request);
});

test("what a backend has sent to a user of another contract is redacted there", async () => {
  const message = { id: "u-1", chatId: "c", userId: "bot", content: SECRET, role: "user", timestamp: AT };
  const data = { chatId: "c", message: { ...message, metadata: {} } };
  await post(server, "gurukul", { user: "ada", type: "message", data });
  expect((await redact("gurukul-user:ada", "u-1")).status).toBe(204);
  expect(JSON.stringify(await eventsOf("gurukul-user:ada"))).not.toContain(SECRET);
});

const gift = (giftId: string, userId = "fan"): Frame => ({
  ...{ giftId, giftType: "rose", quantity: 1 },
  sender: { userId, username: SECRET, avatar: SECRET, isSubscriber: false, isModerator: false },
  animation: { type: "particle", duration: 1, assetUrl: "", soundUrl: "" },
});

test.each(["first", "merged", "shown"])(
  "gifts that were merged lose their sender's name together: %s",
  async (which) => {
    const clock = new FakeClock();
    const paced = await startTestServer({ clock, env: { MAX_GIFTS_PER_SECOND: "1" } });
    try {
      const room = "stream:s";
      const viewer = await paced.connect("/ws", { protocols: ["hyperfocus-protocol-v1"] });
      viewer.send({
        type: "connection:init",
        payload: { clientId: "v", clientType: "viewer", streamId: "s", capabilities: [], version: "1.0.0" },
        timestamp: AT,
      });
      await viewer.next("connection:ack");
      await post(paced, "hyperfocus", { room, type: "gift:received", data: gift("g-0", "other") });
      for (const id of ["g-1", "g-2", "g-3"])
        await post(paced, "hyperfocus", { room, type: "gift:received", data: gift(id) });
      const take = (id: string) => paced.http("DELETE", `/v1/rooms/${room}/messages/${id}`);
      // Before and after the gift is shown.
      if (which !== "shown") expect((await take(which === "first" ? "g-1" : "g-3")).status).toBe(204);
      clock.advance(1_100);
      const shown = await viewer.next(({ payload }) => payload?.giftId === "g-1");
      if (which === "shown") expect((await take("g-2")).status).toBe(204);
      const isNamed = which === "shown" ? SECRET : "";
      expect(shown["payload"]).toMatchObject({ quantity: 3, sender: { userId: "fan", username: isNamed } });
      const feed = await readAll(paced);
      const ofFan = feed.filter(({ data }) => data.sender?.userId === "fan");
      expect(ofFan.map(({ data }) => data.sender.username)).toEqual(["", "", "", ""]);
      // A backend that does not know whether its post arrived.
      await post(paced, "hyperfocus", { room, type: "gift:received", data: gift("g-2") });
      expect((await readAll(paced)).length).toBe(feed.length);
    } finally {
      await paced.stop();
    }
  },
);

test("ids that name nothing in an inbox are 404, and change nothing", async () => {
  const before = await readAll(server);
  const { data } = (await eventsOf("diet-user:noah")).find(({ kind }) => kind === "redacted")!;
  const last = (await eventsOf("diet-user:noah")).at(-1)!["offset"];
  for (const [room, id] of [
    ["diet-user:noah", "diet-user:noah/999"],
    ["diet-user:noah", "diet-user:mia/1"],
    ["diet-user:noah", "1"],
    ["diet-user:noah", `diet-user:noah/${last}`],
    ["diet-user:nobody", data.id],
    ["gurukul-user:ada", "u-2"],
    ["discord-user:ada", "u-1"],
    ["stream:s", "g-1"],
  ] as const) {
    await expectProblem(await redact(room, id), 404);
  }
  expect(await readAll(server)).toEqual(before);
});

test("webhooks hear of it, and are sent nothing of what was said", async () => {
  const receiver = startReceiver();
  await server.http("PUT", "/v1/webhooks/w", { url: receiver.url, from: "beginning", protocols: ["diet"] });
  const { events, body } = await receiver.next();
  expect(events.some(({ kind }) => kind === "redacted")).toBe(true);
  expect(body).not.toContain(SECRET);
  await server.http("DELETE", "/v1/webhooks/w");
  receiver.stop();
});

test("nothing of it is in the files once the log is in the database", async () => {
  await server.shutdown();
  // The write-ahead log holds earlier pages until it is written over.
  const database = new Database(join(server.directory, "test.db"));
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
  expect(filesWith(server.directory, SECRET)).toEqual([]);
});
