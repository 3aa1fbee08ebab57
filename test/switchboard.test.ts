import { expect, test } from "bun:test";
import { startTestServer, stopAfterAll } from "./support/server.ts";

const server = stopAfterAll(await startTestServer());

test("two clients join a chat, and both get what one of them says", async () => {
  const [ada, bob] = await Promise.all([server.chat("ada"), server.chat("bob")]);
  await Promise.all([ada.join("chat-1"), bob.join("chat-1")]);
  ada.say("message", { chatId: "chat-1", content: "Hello", messageId: "temp-1" });
  const confirmation = await ada.next("message");
  expect(confirmation["data"].messageId).toBe("temp-1");
  expect(await bob.next("message")).toEqual(confirmation);
});
