import { expect, test } from "bun:test";
import { builtProtocol } from "../support/built-protocols.ts";
import type { Frame } from "../support/client.ts";
import { dietClient } from "../support/diet.ts";
import { expectProblem } from "../support/problem.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

// Cleaning brings texts into NFC, which writes this letter as two. What is sent must fit the schemas all the same.

const QA = "\u0958";
/** 256 characters or more get a mark after each 30 accents in a row. */
const ACCENTS = "\u0301";

const server = stopAfterAll(await startTestServer());

const gift = {
  ...{ giftId: "g-1", giftType: "rose", quantity: 1 },
  sender: { userId: "u", username: "U", avatar: "", isSubscriber: false, isModerator: false },
  animation: { type: "particle", duration: 1, assetUrl: "", soundUrl: "" },
};
const createdAt = "2026-01-01T00:00:00.000Z";
const insight = {
  ...{ insightId: "i", userId: "mia", type: "habit", title: "T", confidence: 1, actionable: true, createdAt },
};

/** Events of each contract with a text of limited length, and where that is. */
const texts: [string, string, number, (text: string) => Frame][] = [
  [
    "diet",
    "data.mealName",
    200,
    (mealName) => ({
      user: "mia",
      type: "meal.logged",
      data: { mealId: "m", userId: "mia", mealType: "lunch", mealName, calories: 1, loggedAt: createdAt },
    }),
  ],
  [
    "diet",
    "data.description",
    1_000,
    (description) => ({ user: "mia", type: "ai.insight", data: { ...insight, description } }),
  ],
  [
    "discord",
    "data.name",
    200,
    (name) => ({
      room: "guild:1",
      type: "room.created",
      data: { guildId: "1", channelId: "2", name, userLimit: 0 },
    }),
  ],
  [
    "hyperfocus",
    "data.giftType",
    64,
    (giftType) => ({ room: "stream:s", type: "gift:received", data: { ...gift, giftType } }),
  ],
  [
    "atomic",
    "data.value",
    1_000,
    (value) => ({ room: "context:c", type: "metric_update", data: { metric: "m", value } }),
  ],
];

const lastOfFeed = async (): Promise<Frame> => {
  const answer = await server.http("GET", "/v1/feed?limit=1000");
  return ((await answer.json()) as { events: Frame[] }).events.at(-1)!;
};

test.each(texts)("%s: %s is as long as %d characters in NFC, and no longer", async (name, path, most, of) => {
  const post = (text: string) => server.http("POST", `/v1/${name}/events`, of(text));
  await expectProblem(await post(QA.repeat(most / 2 + 1)), 400, [path]);
  if (most > 256) await expectProblem(await post(`a${ACCENTS.repeat(most - 1)}`), 400, [path]);
  expect((await post(QA.repeat(most / 2))).status).toBe(200);
  // Nobody reads a metric in the feed.
  if (name === "atomic") return;
  const { kind, data } = await lastOfFeed();
  expect(builtProtocol(name).events[kind]?.safeParse(data)).toMatchObject({ success: true });
  expect(JSON.stringify(data)).toContain("\u0915\u093c".repeat(most / 2));
});

test("a title of a room too", async () => {
  const put = (title: string) => server.http("PUT", "/v1/rooms/chat:long", { title });
  await expectProblem(await put(QA.repeat(101)), 400, ["title"]);
  expect((await put(QA.repeat(100))).status).toBe(200);
});

test("a client is told which text is too long", async () => {
  const mia = await dietClient(server, "mia");
  const data = { taskId: "t", userId: "mia", progress: 1, estimatedTimeRemaining: 1 };
  const answer = await mia.ask("task.progress", { ...data, currentStep: QA.repeat(101) });
  expect(answer["success"]).toBe(false);
  expect(JSON.stringify(answer)).toContain("must have at most 200 characters in NFC");
  expect((await mia.ask("task.progress", { ...data, currentStep: QA.repeat(100) }))["success"]).toBe(true);
});
