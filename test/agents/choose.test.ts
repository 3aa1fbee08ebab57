import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAgent } from "../../src/agents/choose.ts";
import { ConfigError, readConfig } from "../../src/config.ts";
import type { Question } from "../../src/core/ports/agent.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { hangs, says, startFakeOpenAi } from "../support/fake-openai.ts";
import { stopAfterAll } from "../support/server.ts";

const folder = temporaryDirectory();
const endpoint = stopAfterAll(startFakeOpenAi());

const question: Question = {
  userId: "ada",
  agentId: "therapist",
  conversation: [{ role: "user", content: "How are you?" }],
  signal: new AbortController().signal,
};

const connected = { AI_BASE_URL: endpoint.baseURL, AI_MODEL: "small" };

test("without configuration the offline agent answers", async () => {
  const answer = await createAgent(readConfig({})).answer(question);
  expect(answer.metadata).toMatchObject({ offline: true });
});

test("with AI_BASE_URL that endpoint answers, asked with the configured model, key and prompts", async () => {
  const AI_PROMPTS_FILE = join(folder, "prompts.json");
  writeFileSync(AI_PROMPTS_FILE, '{ "therapist": "You listen." }');
  endpoint.reply = says("Fine");
  const agent = createAgent(readConfig({ ...connected, AI_API_KEY: "sk-key", AI_PROMPTS_FILE }));
  expect(await agent.answer(question)).toMatchObject({ content: "Fine", metadata: {} });
  const { headers, body } = await endpoint.request(0);
  expect(headers.get("authorization")).toBe("Bearer sk-key");
  expect(body.model).toBe("small");
  expect(body.messages[0]).toEqual({ role: "system", content: "You listen." });
});

test("the endpoint is given AI_TIMEOUT_MS to answer", async () => {
  endpoint.reply = hangs();
  const agent = createAgent(readConfig({ ...connected, AI_TIMEOUT_MS: "20" }));
  await expect(agent.answer(question)).rejects.toThrow("longer than 20 ms");
});

test("a prompts file that cannot be read stops the start, also when nothing would use it yet", () => {
  const config = readConfig({ AI_PROMPTS_FILE: join(folder, "missing.json") });
  expect(() => createAgent(config)).toThrow(ConfigError);
});
