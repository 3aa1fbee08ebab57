import { expect, test } from "bun:test";
import { makeKey, serveKeys } from "../auth/jwks-server.ts";
import { AT, dietClient } from "../support/diet.ts";
import { says, startFakeOpenAi, waits } from "../support/fake-openai.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const TYPE = "ai.coach.message";
const ai = stopAfterAll(startFakeOpenAi());
const keys = serveKeys([(await makeKey("ES256", "first")).published]);
stopAfterAll({ stop: async () => void (await keys.stop()) });
const server = stopAfterAll(
  await startTestServer({
    env: { AI_BASE_URL: ai.baseURL, AI_MODEL: "fake", JWT_JWKS_URL: keys.url, AI_TIMEOUT_MS: "60000" },
  }),
);

test("a user who asks in hundreds of conversations keeps neither others' answers nor new keys waiting", async () => {
  const released = Promise.withResolvers<void>();
  const [slow, quick] = [waits(released.promise, says("late")), says("Try yoghurt.")];
  ai.reply = (request) => (request.body.messages.at(-1)?.content.startsWith("slow") ? slow : quick)(request);
  const eves = await Promise.all(Array.from({ length: 5 }, () => dietClient(server, "eve")));
  const question = (userId: string, text: string) => ({
    ...{ messageId: text, conversationId: text, userId, message: text, isFromAI: false, timestamp: AT },
  });
  await Promise.all(
    eves.flatMap((eve, tab) =>
      Array.from({ length: 98 }, (_, n) => eve.ask(TYPE, question("eve", `slow-${tab}-${n}`))),
    ),
  );

  const ada = await dietClient(server, "ada");
  await ada.ask(TYPE, question("ada", "Snacks?"));
  let answer = await ada.event(TYPE);
  if (!answer["data"].isFromAI) answer = await ada.event(TYPE);
  expect(answer["data"].message).toBe("Try yoghurt.");

  const rotated = await makeKey("ES256", "second");
  keys.publish([rotated.published]);
  const token = await rotated.sign({ sub: "bob", exp: Math.floor(Date.now() / 1_000) + 600, rooms: ["*"] });
  const bob = await server.connect(`/ws?token=${token}`);
  await bob.join("c");

  // Of the 490 questions 16 are taken, and of these 4 are put at a time; the rest hear so in the contract's words.
  const refused = (await Promise.all(eves.map((eve) => eve.events()))).flat();
  const errors = refused.filter(({ type, data }) => type === "error" && data.code === "SERVICE_UNAVAILABLE");
  expect(errors).toHaveLength(490 - 16);
  expect(ai.requests).toHaveLength(4 + 1);
  released.resolve();
});
