import { expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, dietClient, message } from "../../support/diet.ts";
import { fails, says, startFakeOpenAi, waits } from "../../support/fake-openai.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { error, event, succeeded } from "./samples.ts";

const ai = stopAfterAll(startFakeOpenAi());
const server = stopAfterAll(await startTestServer({ env: { AI_BASE_URL: ai.baseURL, AI_MODEL: "fake" } }));

const TYPE = "ai.coach.message";
let users = 0;
const enter = (userId = `user-${++users}`) => dietClient(server, userId);
const question = (userId: string, text: string, conversationId = "c-1"): Frame => ({
  ...{
    messageId: text.replaceAll(" ", "-"),
    conversationId,
    userId,
    message: text,
    isFromAI: false,
    timestamp: AT,
  },
});
const ask = (client: DietClient, text: string, conversationId?: string) =>
  client.ask(TYPE, question(client.userId, text, conversationId));
const answer = (userId: string, text: string, conversationId = "c-1") =>
  event(TYPE, {
    ...{ messageId: expect.any(String), conversationId, userId, message: text, isFromAI: true },
    timestamp: expect.any(String),
  });
/** What the agent was told of the conversation when it was asked for the nth time. */
const told = async (n: number) =>
  (await ai.request(n)).body.messages.filter(({ role }) => role !== "system").map(({ content }) => content);

test("a question is answered, for all connections of its user and for nobody else", async () => {
  ai.reply = says("Try ", "yoghurt.");
  const [ada, own, eve] = [await enter("ada"), await enter("ada"), await enter("eve")];
  const frame = message(TYPE, question("ada", "Snacks?"));
  expect(await ada.askFrame(frame)).toEqual(succeeded(frame, frame["data"]));
  expect(await ada.event(TYPE)).toEqual(answer("ada", "Try yoghurt."));
  expect(await own.event(TYPE)).toEqual(event(TYPE, frame["data"]));
  expect(await own.event(TYPE)).toEqual(answer("ada", "Try yoghurt."));
  expect(await eve.types()).toEqual([]);
});

test("the coach remembers a conversation, and that one alone", async () => {
  ai.reply = says("Answer");
  const [ada, eve] = [await enter(), await enter()];
  for (const [client, text, conversationId] of [
    [ada, "One", "c-1"],
    [ada, "Other", "c-2"],
    [eve, "Eve", "c-1"],
  ] as const) {
    await ask(client, text, conversationId);
    await client.event(TYPE);
  }
  const before = ai.requests.length;
  await ask(ada, "Two", "c-1");
  await ada.event(TYPE);
  expect(await told(before)).toEqual(["One", "Answer", "Two"]);
});

test("of two questions at once each is told what came before it, and is the last that it is told", async () => {
  const gate = Promise.withResolvers<void>();
  ai.reply = waits(gate.promise, says("Answer"));
  const ada = await enter();
  const before = ai.requests.length;
  await Promise.all([ask(ada, "One"), ask(ada, "Two")]);
  expect(await told(before)).toEqual(["One"]);
  gate.resolve();
  expect(await told(before + 1)).toEqual(["One", "Answer", "Two"]);
  await ada.event(TYPE);
  await ada.event(TYPE);
});

test("a question asked again under its messageId is confirmed and not answered again", async () => {
  ai.reply = says("Answer");
  const ada = await enter();
  await ask(ada, "Once");
  await ada.event(TYPE);
  const before = ai.requests.length;
  expect(await ask(ada, "Once")).toMatchObject({ success: true });
  await ask(ada, "Next");
  await ada.event(TYPE);
  expect(await told(before)).toEqual(["Once", "Answer", "Next"]);
  expect(ai.requests).toHaveLength(before + 1);
});

test("when the coach cannot answer the user is told, and the question stays", async () => {
  ai.reply = fails(400);
  const [ada, own] = [await enter("zoe"), await enter("zoe")];
  const before = ai.requests.length;
  expect(await ask(ada, "Anybody there?")).toMatchObject({ success: true });
  expect(await ada.event("error")).toEqual(error("SERVICE_UNAVAILABLE"));
  expect(await own.types()).not.toContain("error");
  ai.reply = says("Here I am");
  await ask(ada, "Now?");
  expect((await ada.event(TYPE))["data"].message).toBe("Here I am");
  expect(await told(before + 1)).toEqual(["Anybody there?", "Now?"]);
});

test("an answer is cleaned, and one of nothing but markup is none", async () => {
  const ada = await enter();
  ai.reply = says("<img src=x onerror=alert(1)>Eat <b>nuts</b>");
  await ask(ada, "One");
  expect((await ada.event(TYPE))["data"].message).toBe("Eat nuts");
  ai.reply = says("<img src=x onerror=alert(1)>");
  await ask(ada, "Two");
  expect(await ada.event("error")).toEqual(error("SERVICE_UNAVAILABLE"));
});

test("without an endpoint the offline agent answers", async () => {
  const offline = await startTestServer();
  const ada = await dietClient(offline, "ada");
  await ada.ask(TYPE, question("ada", "Hello?"));
  expect((await ada.event(TYPE))["data"]).toMatchObject({ isFromAI: true, conversationId: "c-1" });
  await offline.stop();
});
