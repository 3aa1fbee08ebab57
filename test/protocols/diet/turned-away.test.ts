import { expect, test } from "bun:test";
import { dietClient } from "../../support/diet.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";

const server = stopAfterAll(await startTestServer());

test("a token under another's name is turned away, and its user stays online", async () => {
  const [ada, bob] = [await dietClient(server, "ada"), await dietClient(server, "bob")];
  await ada.befriend(bob);
  const other = await server.connect("/api/diet/ws");
  other.send({ type: "auth", token: await server.token("bob"), userId: "ada", sessionId: "s" });
  const answer = await other.next("auth_response");
  expect(answer).toEqual({
    type: "auth_response",
    success: false,
    error: { code: "AUTHENTICATION_FAILED", message: "Authentication failed" },
  });
  expect((await other.closed).code).toBe(4003);
  const presences = (await ada.events()).filter(({ type }) => type === "user.presence");
  expect(presences.map(({ data }) => data.status)).toEqual(["online"]);
});
