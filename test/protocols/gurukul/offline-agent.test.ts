import { expect, test } from "bun:test";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { answer, message, typing } from "./frames.ts";

const server = stopAfterAll(await startTestServer());

test("without an endpoint the built-in agent answers, and says what it is", async () => {
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  for (const client of [ada, bob]) await client.join("offline");
  ada.say("message", {
    chatId: "offline",
    content: "Why is the sky blue?",
    agentId: "tutor",
    messageId: "q-1",
  });
  const spoken = expect.stringMatching(/offline agent.*Why is the sky blue\?/s);
  for (const client of [ada, bob]) {
    const frames = [await client.next(), await client.next(), await client.next(), await client.next()];
    expect(frames).toEqual([
      message("offline", "ada", "Why is the sky blue?", { agentId: "tutor", messageId: "q-1" }),
      typing("offline", "assistant", true, "tutor"),
      answer("offline", "tutor", spoken, { messageId: "q-1", confidence: 0, offline: true }),
      typing("offline", "assistant", false, "tutor"),
    ]);
  }
});
