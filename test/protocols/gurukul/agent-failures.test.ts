import { beforeEach, describe, expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import {
  answersEmpty,
  breaksOff,
  brokenJson,
  fails,
  hangs,
  html,
  inTurn,
  privateWords,
  says,
  stalls,
  startFakeOpenAi,
} from "../../support/fake-openai.ts";
import { startTestServer, stopAfterAll, type TestServer } from "../../support/server.ts";
import { answer, error, message, typing } from "./frames.ts";

const ai = stopAfterAll(startFakeOpenAi());
const env = { AI_BASE_URL: ai.baseURL, AI_MODEL: "fake" };
const server = stopAfterAll(await startTestServer({ env }));
/** Soon gives an endpoint up. */
const hasty = stopAfterAll(await startTestServer({ env: { ...env, AI_TIMEOUT_MS: "50" } }));
let seen = 0;
beforeEach(() => {
  seen = ai.requests.length;
});

async function inChat(on: TestServer, chatId: string, userId: string): Promise<TestClient> {
  const client = await on.chat(userId);
  await client.join(chatId);
  return client;
}

const ask = (client: TestClient, chatId: string, content: string) =>
  client.say("message", { chatId, content, agentId: "therapist" });

/** Everything up to where the assistant has stopped typing. */
async function untilQuiet(client: TestClient) {
  const frames = [await client.next()];
  while (frames.at(-1)?.["data"].isTyping !== false) frames.push(await client.next());
  return frames;
}

const thinks = (chatId: string, isTyping: boolean) => typing(chatId, "assistant", isTyping, "therapist");
const unavailable = error(503, expect.any(String));

const failures = {
  "is down for the moment": fails(503),
  "wants another key": fails(401),
  "breaks off": breaksOff("I am"),
  "answers broken JSON": brokenJson(),
  "answers a web page": html(),
  "answers nothing": answersEmpty(),
  "answers blanks only": says(" ", "\n"),
  "answers tags only": says("<img src=x>", "<!-- hm -->"),
};
const delays = { "never answers": hangs(), "falls silent in the middle": stalls("I am") };

describe("when the agent's endpoint", () => {
  for (const [what, reply] of Object.entries({ ...failures, ...delays })) {
    test(`${what}, the sender gets 503, all see the typing end, and the chat goes on`, async () => {
      const on = what in delays ? hasty : server;
      const chatId = what.replaceAll(" ", "-");
      const [ada, bob] = [await inChat(on, chatId, "ada"), await inChat(on, chatId, "bob")];
      ai.reply = reply;
      ask(ada, chatId, "Are you there?");
      const question = message(chatId, "ada", "Are you there?", { agentId: "therapist" });
      const told = await untilQuiet(ada);
      expect(told.filter((frame) => frame["type"] === "error")).toEqual([unavailable]);
      const seenByAll = [question, thinks(chatId, true), thinks(chatId, false)];
      expect(told.filter((frame) => frame["type"] !== "error")).toEqual(seenByAll);
      expect(await untilQuiet(bob)).toEqual(seenByAll);

      bob.say("message", { chatId, content: "It was me" });
      expect(await ada.next()).toEqual(message(chatId, "bob", "It was me"));
      const late = await on.chat("late");
      expect((await late.join(chatId))["data"].updates.messageCount).toBe(2);
      expect(JSON.stringify([ada.frames, bob.frames, on.lines])).not.toContain(privateWords);
    });
  }

  test("cannot be reached at all, the same holds", async () => {
    const gone = startFakeOpenAi();
    await gone.stop();
    const alone = await startTestServer({ env: { AI_BASE_URL: gone.baseURL, AI_MODEL: "fake" } });
    const ada = await inChat(alone, "gone", "ada");
    ask(ada, "gone", "Are you there?");
    expect((await untilQuiet(ada)).filter((frame) => frame["type"] === "error")).toEqual([unavailable]);
    await alone.stop();
  });
});

test("a question that fails does not cost the next one its answer", async () => {
  ai.reply = inTurn(fails(400), says("Better"));
  const ada = await inChat(server, "next", "ada");
  ask(ada, "next", "first");
  ask(ada, "next", "second");
  await untilQuiet(ada);
  const rest = await untilQuiet(ada);
  expect(rest).toContainEqual(answer("next", "therapist", "Better"));
});

test("when the chat empties the answer is called off, and never comes", async () => {
  ai.reply = hangs();
  const [ada, bob] = [await inChat(server, "empty", "ada"), await inChat(server, "empty", "bob")];
  ask(ada, "empty", "Anybody?");
  const request = await ai.request(seen);
  ada.say("chat_update", { action: "leave", chatId: "empty" });
  await ada.drain();
  expect(request.wasCancelled()).toBe(false);
  bob.close();
  await request.cancelled;
  const late = await inChat(server, "empty", "late");
  expect((await late.next("batch"))["data"].messages).toHaveLength(1);
  expect(await late.drain()).toEqual([]);

  ai.reply = says("Yes");
  ask(late, "empty", "And now?");
  expect(await untilQuiet(late)).toContainEqual(answer("empty", "therapist", "Yes"));
});

test("questions that wait are called off with the chat", async () => {
  ai.reply = hangs();
  const ada = await inChat(server, "waiting", "ada");
  ask(ada, "waiting", "first");
  ask(ada, "waiting", "second");
  const request = await ai.request(seen);
  ada.close();
  await request.cancelled;
  const late = await inChat(server, "waiting", "late");
  expect(await late.drain()).toHaveLength(1);
  expect(ai.requests).toHaveLength(seen + 1);
});
