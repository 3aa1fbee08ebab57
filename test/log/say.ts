import type { TestServer } from "../support/server.ts";

/** Says these in the chat `c1`, and returns when they are stored. */
export async function say(server: TestServer, ...texts: string[]): Promise<void> {
  const client = await server.chat("ada");
  await client.join("c1");
  for (const content of texts) client.say("message", { chatId: "c1", content });
  for (const _ of texts) await client.next("message");
  client.close();
}
