import { expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, message } from "../../support/diet.ts";
import { freshServer } from "./fresh-server.ts";
import { event, failed, succeeded } from "./samples.ts";

const diet = freshServer();
const { enter, restart } = diet;

const request = (from: string, to: string): Frame => ({
  ...{ requestId: `${from} asks`.replace(" ", "-"), fromUserId: from, fromUserName: from },
  ...{ toUserId: to, message: "Shall we?", sentAt: AT },
});
const accept = (userId: string, friendId: string): Frame => ({
  ...{ friendshipId: "f-1", userId, friendId, friendName: friendId, acceptedAt: AT },
});
const post = (authorId: string, content: string): Frame => ({
  ...{ postId: content, authorId, authorName: authorId, content, type: "tip", createdAt: AT },
});
const typesOf = async (client: DietClient, type: string) =>
  (await client.events()).filter((frame) => frame["type"] === type);
/** A post of the one reaches the other. */
async function areFriends(one: DietClient, other: DietClient): Promise<boolean> {
  const content = crypto.randomUUID();
  await one.ask("post.created", post(one.userId, content));
  return JSON.stringify(await other.events()).includes(content);
}

test("a request waits for whom it asks, over a restart, until it is accepted", async () => {
  const ada = await enter("ada");
  await ada.ask("friend.request", request("ada", "bob"));
  for (let session = 0; session < 2; session++) {
    await restart();
    const bob = await enter("bob");
    expect(await bob.event("friend.request")).toEqual(event("friend.request", request("ada", "bob")));
    if (session === 0) continue;
    const frame = message("friend.accepted", accept("bob", "ada"));
    expect(await bob.askFrame(frame)).toEqual(succeeded(frame, accept("bob", "ada")));
  }
  await restart();
  expect(await typesOf(await enter("bob"), "friend.request")).toEqual([]);
});

test("friends stay friends over a restart, on both sides", async () => {
  await (await enter("ada")).befriend(await enter("bob"));
  await restart();
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  expect([await areFriends(ada, bob), await areFriends(bob, ada)]).toEqual([true, true]);
});

test("who is asked, and who asked, are no friends before it is accepted", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  await ada.ask("friend.request", request("ada", "bob"));
  expect([await areFriends(ada, bob), await areFriends(bob, ada)]).toEqual([false, false]);
});

test("nobody accepts what was not asked: neither a stranger, nor who has asked", async () => {
  const [ada, bob, eve] = [await enter("ada"), await enter("bob"), await enter("eve")];
  await ada.ask("friend.request", request("ada", "bob"));
  for (const [client, friendId] of [
    [eve, "ada"],
    [eve, "bob"],
    [ada, "bob"],
    [bob, "eve"],
  ] as const) {
    const frame = message("friend.accepted", accept(client.userId, friendId));
    expect(await client.askFrame(frame)).toEqual(failed(frame, "FORBIDDEN"));
  }
  for (const client of [ada, bob, eve]) expect(await client.types()).not.toContain("friend.accepted");
  expect([await areFriends(eve, ada), await areFriends(ada, bob)]).toEqual([false, false]);
});

test("asked twice is asked once, and friends need not ask", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const ask = () => ada.ask("friend.request", { ...request("ada", "bob"), requestId: crypto.randomUUID() });
  for (let n = 0; n < 3; n++) expect(await ask()).toMatchObject({ success: true });
  expect(await typesOf(bob, "friend.request")).toHaveLength(1);
  await bob.ask("friend.accepted", accept("bob", "ada"));
  expect(await bob.ask("friend.accepted", accept("bob", "ada"))).toMatchObject({ success: true });
  expect(await ask()).toMatchObject({ success: true });
  expect(await typesOf(ada, "friend.accepted")).toHaveLength(1);
  await restart();
  const again = await enter("bob");
  expect(await typesOf(again, "friend.request")).toEqual([]);
});

test("who asks again, with another id and other words, is answered with what waits for whom they ask", async () => {
  const ada = await enter("ada");
  const first = request("ada", "bob");
  await ada.ask("friend.request", first);
  await restart();
  const again = message("friend.request", { ...first, requestId: "another", message: "Please?" });
  const later = await enter("ada");
  expect(await later.askFrame(again)).toEqual(succeeded(again, first));
  expect((await typesOf(await enter("bob"), "friend.request")).map(({ data }) => data)).toEqual([first]);
});

test("two who ask each other become friends once, no matter who accepts", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  await ada.ask("friend.request", request("ada", "bob"));
  await bob.ask("friend.request", request("bob", "ada"));
  await ada.ask("friend.accepted", accept("ada", "bob"));
  expect(await bob.ask("friend.accepted", accept("bob", "ada"))).toMatchObject({ success: true });
  expect(await typesOf(bob, "friend.accepted")).toHaveLength(1);
  expect(await typesOf(ada, "friend.accepted")).toEqual([]);
  await restart();
  const [again, other] = [await enter("ada"), await enter("bob")];
  expect(await areFriends(again, other)).toBe(true);
  expect(await again.types()).not.toContain("friend.request");
  expect(await other.types()).not.toContain("friend.request");
});

test("nobody befriends oneself", async () => {
  const ada = await enter("ada");
  const frame = message("friend.request", request("ada", "ada"));
  const { error } = await ada.askFrame(frame);
  expect(error).toMatchObject({
    code: "INVALID_MESSAGE_FORMAT",
    details: { errors: [{ field: "data.toUserId" }] },
  });
});

test("what is said of another is cleaned, in the answer too", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const evil = "<img src=x onerror=alert(1)>Ada";
  const data = { ...request("ada", "bob"), fromUserName: evil, message: evil };
  for (let n = 0; n < 2; n++) {
    expect(await ada.ask("friend.request", data)).toMatchObject({
      data: { fromUserName: "Ada", message: "Ada" },
    });
  }
  expect((await bob.event("friend.request"))["data"]).toMatchObject({ fromUserName: "Ada", message: "Ada" });
  const presence = { userId: "ada", status: "busy", lastSeen: AT, currentActivity: evil };
  expect((await ada.ask("user.presence", presence))["data"].currentActivity).toBe("Ada");
});

test("friends that a backend makes are friends on both sides when it says so to both", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const data = accept("bob", "ada");
  const posts = ["ada", "bob"].map((user) => ({ user, type: "friend.accepted", data }));
  expect((await diet.server.http("POST", "/v1/diet/events", posts)).status).toBe(200);
  expect(await ada.event("friend.accepted")).toEqual(event("friend.accepted", data));
  expect([await areFriends(ada, bob), await areFriends(bob, ada)]).toEqual([true, true]);
});

test("a request that a backend posts to whom it asks can be accepted, and makes both friends", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const post = { user: "bob", type: "friend.request", data: request("ada", "bob") };
  expect((await diet.server.http("POST", "/v1/diet/events", post)).status).toBe(200);
  await bob.event("friend.request");
  expect(await bob.ask("friend.accepted", accept("bob", "ada"))).toMatchObject({ success: true });
  expect(await typesOf(ada, "friend.accepted")).toHaveLength(1);
  expect([await areFriends(ada, bob), await areFriends(bob, ada)]).toEqual([true, true]);
});

test("what is refused because its id is another message's changes neither user's friends", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const { id } = await ada.ask("post.created", post("ada", "First"));
  const asking = message("friend.request", request("ada", "bob"), { id });
  expect(await ada.askAgain(asking)).toMatchObject({ id, success: false });
  expect(await typesOf(bob, "friend.request")).toEqual([]);

  await ada.ask("friend.request", request("ada", "bob"));
  const own = await bob.ask("post.created", post("bob", "Second"));
  const accepting = message("friend.accepted", accept("bob", "ada"), { id: own["id"] });
  expect(await bob.askAgain(accepting)).toMatchObject({ success: false });
  expect(await typesOf(ada, "friend.accepted")).toEqual([]);
  expect([await areFriends(ada, bob), await areFriends(bob, ada)]).toEqual([false, false]);
  await bob.ask("friend.accepted", accept("bob", "ada"));
  expect([await areFriends(ada, bob), await areFriends(bob, ada)]).toEqual([true, true]);
});

test("a user whom a backend has made the friend of another, on one side alone, may ask the other", async () => {
  const [ada, bob] = [await enter("ada"), await enter("bob")];
  const posted = { user: "ada", type: "friend.accepted", data: accept("bob", "ada") };
  expect((await diet.server.http("POST", "/v1/diet/events", posted)).status).toBe(200);
  expect(await ada.ask("friend.request", request("ada", "bob"))).toMatchObject({ success: true });
  expect(await typesOf(bob, "friend.request")).toHaveLength(1);
});
