import { beforeEach, expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { inTurn, says, startFakeOpenAi, waits } from "../../support/fake-openai.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { answer, message, typing } from "./frames.ts";

const ai = stopAfterAll(startFakeOpenAi());
const server = stopAfterAll(await startTestServer({ env: { AI_BASE_URL: ai.baseURL, AI_MODEL: "fake" } }));
let seen = 0;
beforeEach(() => {
  seen = ai.requests.length;
});

async function inChat(chatId: string, userId: string): Promise<TestClient> {
  const client = await server.chat(userId);
  await client.join(chatId);
  return client;
}

const ask = (client: TestClient, chatId: string, content: string, messageId?: string) =>
  client.say("message", { chatId, content, agentId: "therapist", ...(messageId && { messageId }) });

/** So many frames, the next that come. */
async function take(client: TestClient, count: number) {
  const frames = [];
  while (frames.length < count) frames.push(await client.next());
  return frames;
}

const thinks = (chatId: string, isTyping: boolean) => typing(chatId, "assistant", isTyping, "therapist");

test("after the user's message the assistant types, answers and stops typing, for all in the chat", async () => {
  ai.reply = says("I'm doing ", "well.");
  const [ada, bob] = [await inChat("all", "ada"), await inChat("all", "bob")];
  ask(ada, "all", "How are you?", "temp-1");
  for (const client of [ada, bob]) {
    expect(await take(client, 4)).toEqual([
      message("all", "ada", "How are you?", { agentId: "therapist", messageId: "temp-1" }),
      thinks("all", true),
      answer("all", "therapist", "I'm doing well.", { messageId: "temp-1" }),
      thinks("all", false),
    ]);
    expect(await client.drain()).toEqual([]);
  }
});

test("a message without agentId is for people only", async () => {
  const ada = await inChat("people", "ada");
  ada.say("message", { chatId: "people", content: "Hello" });
  expect(await ada.drain()).toEqual([message("people", "ada", "Hello")]);
  expect(ai.requests).toHaveLength(seen);
});

test("the answer is part of the chat's history", async () => {
  ai.reply = says("An answer");
  const ada = await inChat("kept", "ada");
  ask(ada, "kept", "A question");
  const live = (await take(ada, 4)).filter((frame) => frame["type"] === "message");
  const late = await server.chat("late");
  expect((await late.join("kept"))["data"].updates).toMatchObject({
    messageCount: 2,
    lastMessage: "An answer",
  });
  expect((await late.next("batch"))["data"].messages).toEqual(live);
});

test("a long answer falls into several messages, numbered, none of it lost", async () => {
  const sentences = Array.from({ length: 200 }, (_, n) => `This is sentence number ${n + 1} of many.`);
  ai.reply = says(sentences.join(" "));
  const ada = await inChat("parts", "ada");
  ask(ada, "parts", "Tell me everything", "temp-1");
  await ada.next("typing");
  const parts = [await ada.next()];
  const of: number = parts[0]!["data"].message.metadata.totalMessages;
  expect(of).toBeGreaterThan(1);
  parts.push(...(await take(ada, of - 1)));
  for (const [n, part] of parts.entries()) {
    expect(part).toEqual(
      answer("parts", "therapist", expect.any(String), { messageId: "temp-1", part: n + 1, of }),
    );
  }
  expect(parts.map((part) => part["data"].message.content).join(" ")).toBe(sentences.join(" "));
  expect(await ada.next()).toEqual(thinks("parts", false));
});

test("the agent is told the conversation of this chat up to the question, and of no other", async () => {
  ai.reply = inTurn(says("It is ada"), says("Yes"));
  const [ada, bob] = [await inChat("context", "ada"), await inChat("context", "bob")];
  const eve = await inChat("secret", "eve");
  eve.say("message", { chatId: "secret", content: "my secret" });
  await eve.next("message");
  bob.say("message", { chatId: "context", content: "Hi from bob" });
  await ada.next("message");
  ask(ada, "context", "What is my name?");
  await take(ada, 4);
  ask(ada, "context", "Are you sure?");
  const { body } = await ai.request(seen + 1);
  await take(ada, 4);
  expect(body.messages.slice(1)).toEqual([
    { role: "user", content: "Hi from bob" },
    { role: "user", content: "What is my name?" },
    { role: "assistant", content: "It is ada" },
    { role: "user", content: "Are you sure?" },
  ]);
  expect(body.messages[0]?.role).toBe("system");
});

test("the agent is told what the others see: text without tags", async () => {
  ai.reply = says("Fine");
  const ada = await inChat("clean", "ada");
  ask(ada, "clean", "a <b>bold</b> question");
  expect((await ai.request(seen)).body.messages.at(-1)?.content).toBe("a bold question");
  await take(ada, 4);
});

test("a chat gets one answer at a time, in the order of the questions; other chats do not wait", async () => {
  const gate = Promise.withResolvers<void>();
  ai.reply = inTurn(waits(gate.promise, says("first answer")), says("quick answer"), says("second answer"));
  const [ada, bob] = [await inChat("queue", "ada"), await inChat("quick", "bob")];
  ask(ada, "queue", "first", "q-1");
  await ai.request(seen);
  ask(ada, "queue", "second", "q-2");
  ada.say("message", { chatId: "queue", content: "no question" });
  expect(await take(ada, 4)).toEqual([
    message("queue", "ada", "first", { agentId: "therapist", messageId: "q-1" }),
    thinks("queue", true),
    message("queue", "ada", "second", { agentId: "therapist", messageId: "q-2" }),
    message("queue", "ada", "no question"),
  ]);
  ask(bob, "quick", "now?");
  expect((await take(bob, 4))[2]).toEqual(answer("quick", "therapist", "quick answer"));
  expect(await ada.drain()).toEqual([]);
  gate.resolve();
  expect(await take(ada, 5)).toEqual([
    answer("queue", "therapist", "first answer", { messageId: "q-1" }),
    thinks("queue", false),
    thinks("queue", true),
    answer("queue", "therapist", "second answer", { messageId: "q-2" }),
    thinks("queue", false),
  ]);
  const { body } = await ai.request(seen + 2);
  expect(body.messages.at(-1)?.content).toBe("second");
});

test("people go on talking while the agent thinks", async () => {
  const gate = Promise.withResolvers<void>();
  ai.reply = waits(gate.promise, says("At last"));
  const [ada, bob] = [await inChat("talk", "ada"), await inChat("talk", "bob")];
  ask(ada, "talk", "Take your time");
  await ai.request(seen);
  bob.say("message", { chatId: "talk", content: "Meanwhile" });
  expect((await take(bob, 3))[2]).toEqual(message("talk", "bob", "Meanwhile"));
  gate.resolve();
  expect(await take(bob, 2)).toEqual([answer("talk", "therapist", "At last"), thinks("talk", false)]);
});

test("a repeat of a question is not answered again", async () => {
  ai.reply = says("Once");
  const ada = await inChat("repeat", "ada");
  ask(ada, "repeat", "Only once, please", "temp-1");
  const [question] = await take(ada, 4);
  ask(ada, "repeat", "Only once, please", "temp-1");
  expect(await ada.drain()).toEqual([question!]);
  expect(ai.requests).toHaveLength(seen + 1);
});

test("no tag of an agent's answer reaches anybody", async () => {
  ai.reply = says("2 < 3, <b>bold</b><img src=x onerror=alert(1)> <scr", "ipt>alert(1)</script>done");
  const ada = await inChat("tags", "ada");
  ask(ada, "tags", "Hack me");
  expect((await take(ada, 4))[2]).toEqual(answer("tags", "therapist", "2 < 3, bold done"));
});
