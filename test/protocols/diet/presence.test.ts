import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, dietClient } from "../../support/diet.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { event, PATH } from "./samples.ts";

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  await ada.befriend(bob);
  await leave(ada);
  await leave(bob);
});
afterEach(() => server.stop());

const enter = (userId: string) => dietClient(server, userId);
async function leave({ client }: DietClient): Promise<void> {
  client.close();
  await client.closed;
}
const presence = (userId: string, status: string, more: Frame = {}) =>
  event("user.presence", { userId, status, lastSeen: expect.any(String), ...more });
const seenBy = async (client: DietClient) =>
  (await client.events()).filter((frame) => frame["type"] === "user.presence");
const show = (client: DietClient, status: string, more: Frame = {}) =>
  client.ask("user.presence", { userId: client.userId, status, lastSeen: AT, ...more });

test("a user is online from the first connection to the last, once each, for friends alone", async () => {
  const [bob, eve] = [await enter("bob"), await enter("eve")];
  const first = await enter("ada");
  expect(await bob.event("user.presence")).toEqual(presence("ada", "online"));
  const second = await enter("ada");
  await leave(first);
  await second.events();
  expect(await seenBy(bob)).toHaveLength(1);
  await leave(second);
  expect(await bob.event("user.presence")).toEqual(presence("ada", "offline"));
  await enter("ada");
  expect(await bob.event("user.presence")).toEqual(presence("ada", "online"));
  expect(await seenBy(bob)).toHaveLength(3);
  expect(await seenBy(eve)).toEqual([]);
});

test("friends who are here are shown after auth, as they show themselves", async () => {
  const bob = await enter("bob");
  const more = { currentActivity: "Cooking" };
  await show(bob, "busy", more);
  const ada = await enter("ada");
  expect(await seenBy(ada)).toEqual([presence("bob", "busy", more)]);
  await show(bob, "away");
  expect((await seenBy(ada)).slice(1)).toEqual([presence("bob", "away")]);
  await show(bob, "offline");
  const second = await enter("ada");
  expect(await seenBy(second)).toEqual([]);
});

test("friends do not hear when a hidden user goes", async () => {
  const bob = await enter("bob");
  const [one, two] = [await enter("ada"), await enter("ada")];
  await show(one, "offline");
  await leave(one);
  await leave(two);
  await enter("ada");
  expect((await seenBy(bob)).map(({ data }) => data.status)).toEqual(["online", "offline", "online"]);
});

test("own connections see what the other one shows, and strangers do not", async () => {
  const [one, two, eve] = [await enter("ada"), await enter("ada"), await enter("eve")];
  await show(one, "busy");
  expect(await seenBy(two)).toEqual([presence("ada", "busy")]);
  expect([await seenBy(one), await seenBy(eve)]).toEqual([[], []]);
});

test("new friends see each other at once", async () => {
  const [ada, eve] = [await enter("ada"), await enter("eve")];
  await show(eve, "away");
  await ada.befriend(eve);
  expect(await seenBy(ada)).toEqual([presence("eve", "away")]);
  expect(await seenBy(eve)).toEqual([presence("ada", "online")]);
  await leave(eve);
  expect((await seenBy(ada)).at(-1)).toEqual(presence("eve", "offline"));
});

test("a connection that is not let in changes nobody's presence", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const before = (await seenBy(bob)).length;
  const token = await server.token("ada", { rooms: [] });
  for (const [userId, withToken] of [
    ["bob", token],
    ["ada", "garbage"],
  ]) {
    const wrong = await server.connect(PATH);
    wrong.send({ type: "auth", token: withToken, userId, sessionId: "s" });
    expect((await wrong.closed).code).toBe(4003);
    expect(wrong.frames).toEqual([
      {
        type: "auth_response",
        success: false,
        error: { code: "AUTHENTICATION_FAILED", message: expect.any(String) },
      },
    ]);
  }
  await ada.events();
  expect(await seenBy(bob)).toHaveLength(before);
  await leave(ada);
  expect(await bob.event("user.presence")).toEqual(presence("ada", "offline"));
});

test("activity and posts are seen by friends and own connections alone", async () => {
  const [ada, own, bob, eve] = [
    await enter("ada"),
    await enter("ada"),
    await enter("bob"),
    await enter("eve"),
  ];
  await ada.ask("user.activity", { userId: "ada", activity: "idle", timestamp: AT });
  await ada.ask("post.liked", { postId: "p", userId: "ada", userName: "Ada", likedAt: AT });
  for (const client of [own, bob]) {
    expect(await client.types()).toEqual(expect.arrayContaining(["user.activity", "post.liked"]));
  }
  for (const client of [ada, eve]) expect(await client.types()).not.toContain("user.activity");
  expect(await eve.types()).not.toContain("post.liked");
});
