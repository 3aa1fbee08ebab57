import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { fails, inTurn, says, startFakeOpenAi } from "../support/fake-openai.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const endpoint = stopAfterAll(startFakeOpenAi());
const server = stopAfterAll(
  await startTestServer({
    env: { AI_BASE_URL: endpoint.baseURL, AI_MODEL: "m", AI_API_KEY: "sk-of-the-tests" },
  }),
);

test("why the agent does not answer is among the errors: once until it has answered again", async () => {
  endpoint.reply = inTurn(fails(401), fails(401), says("Hello"), fails(503));
  const ada = await server.chat("ada");
  await ada.join("c-1");
  for (const expected of ["error", "error", "message", "error"]) {
    ada.say("message", { chatId: "c-1", content: "a private word", agentId: "therapist" });
    await ada.next(({ type, data }) => type === expected && data.message?.role !== "user");
    await ada.next(({ type, data }) => type === "typing" && !data.isTyping);
  }
  const answer = await server.http("GET", "/v1/errors");
  const { errors } = (await answer.json()) as Frame;
  expect(errors.map(({ where, message }: Frame) => [where, message])).toEqual([
    ["agent", "the AI endpoint answered HTTP 503"],
    ["agent", "the AI endpoint answered HTTP 401"],
  ]);
  ada.close();
});
