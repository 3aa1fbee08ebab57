import { expect, test } from "bun:test";
import { AT, type DietClient, dietClient } from "../../support/diet.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";

const server = stopAfterAll(await startTestServer());

async function post(posts: object[]): Promise<void> {
  expect((await server.http("POST", "/v1/diet/events", posts)).status).toBe(200);
}

const direct = (fromUserId: string, toUserId: string, n: number) => ({
  user: toUserId,
  type: "direct.message",
  data: {
    messageId: `${fromUserId}-${n}`,
    ...{ fromUserId, toUserId, content: "hello", timestamp: AT, isRead: false },
  },
});

const request = (one: DietClient, toUserId: string) => {
  const who = { fromUserId: one.userId, fromUserName: one.userId, toUserId };
  return one.ask("friend.request", { requestId: `${one.userId}-${toUserId}`, ...who, sentAt: AT });
};

test("one sender cannot fill an inbox: he is told why, his own connections hear nothing, and others still get through", async () => {
  const all = Array.from({ length: 2_000 }, (_, n) => direct("mia", "noah", n));
  await post(all.slice(0, 1_000));
  await post(all.slice(1_000));
  const [mia, tablet, zoe] = await Promise.all(["mia", "mia", "zoe"].map((one) => dietClient(server, one)));
  expect((await mia!.direct("noah", "one more"))["error"]).toEqual({
    code: "SERVICE_UNAVAILABLE",
    message: "The recipient has too many unread messages of yours",
  });
  expect(await tablet!.events()).toEqual([]);
  expect((await zoe!.direct("noah", "hello"))["success"]).toBe(true);

  const noah = await dietClient(server, "noah");
  await noah.client.next(({ data }) => data?.fromUserId === "zoe");
  expect(noah.client.frames.filter(({ type }) => type === "direct.message")).toHaveLength(2_001);
  await noah.ask("message.read", { messageId: "mia-0", userId: "noah", readAt: AT });
  expect((await mia!.direct("noah", "one more"))["success"]).toBe(true);
});

test("an inbox with 10,000 unread messages takes no more", async () => {
  for (let sender = 0; sender < 10; sender++) {
    await post(Array.from({ length: 1_000 }, (_, n) => direct(`sender-${sender}`, "full", n)));
  }
  const zoe = await dietClient(server, "zoe");
  const refusal = { code: "SERVICE_UNAVAILABLE", message: "The recipient has too many unread messages" };
  expect((await zoe.direct("full", "hello"))["error"]).toEqual(refusal);
  expect((await request(zoe, "full"))["error"]).toEqual(refusal);
});

test("a user who has asked 1,000 people for friendship waits for an answer before asking more", async () => {
  const asked = Array.from({ length: 1_000 }, (_, n) => ({
    user: "eve",
    type: "friend.request",
    data: { requestId: `r-${n}`, fromUserId: "eve", fromUserName: "Eve", toUserId: `p-${n}`, sentAt: AT },
  }));
  await post(asked);
  const eve = await dietClient(server, "eve");
  expect((await request(eve, "one-more"))["error"].message).toBe(
    "Too many friend requests without an answer",
  );
});

test("a user with 5,000 friends can accept no more", async () => {
  const made = (friendId: string) => ({
    user: "star",
    type: "friend.accepted",
    data: { friendshipId: friendId, userId: "star", friendId, friendName: friendId, acceptedAt: AT },
  });
  for (let some = 0; some < 5; some++) {
    await post(Array.from({ length: 1_000 }, (_, n) => made(`fan-${some}-${n}`)));
  }
  const [fan, star] = [await dietClient(server, "fan"), await dietClient(server, "star")];
  await request(fan, "star");
  const { data } = made("fan");
  expect((await star.ask("friend.accepted", data))["error"].message).toBe("Too many friends");
});

test("whom a backend has taken out of a group is not told of what mentions him there", async () => {
  const member = (method: string, user: string) =>
    server.http(method, `/v1/rooms/group:g-1/members/${user}`, method === "PUT" ? {} : undefined);
  await Promise.all(["ann", "bea"].map((user) => member("PUT", user)));
  const [ann, bea] = [await dietClient(server, "ann"), await dietClient(server, "bea")];
  const say = (messageId: string) => {
    const who = { groupId: "g-1", fromUserId: "ann", mentions: ["bea"] };
    return ann.ask("group.message", { messageId, ...who, content: messageId, timestamp: AT });
  };
  await say("for-both");
  expect(await bea.types()).toEqual(["group.message", "notification"]);
  await member("DELETE", "bea");
  await say("for-ann");
  expect(await bea.types()).toEqual(["group.message", "notification", "error"]);
});

test("who is in 500 groups joins no other, and stays in those", async () => {
  const joined = (groupId: string) => ({
    ...{ room: `group:${groupId}`, type: "group.member.joined" },
    data: { groupId, userId: "joiner", userName: "Joiner", joinedAt: AT },
  });
  await post(Array.from({ length: 500 }, (_, n) => joined(`g-${n}`)));
  const joiner = await dietClient(server, "joiner", { rooms: ["group:*"] });
  const join = (groupId: string) => joiner.ask("group.member.joined", joined(groupId).data);
  expect((await join("one-more"))["error"].message).toBe("Too many groups: leave another first");
  expect(await join("g-7")).toMatchObject({ success: true });
  const { groupId, userId, userName } = joined("g-7").data;
  await joiner.ask("group.member.left", { groupId, userId, userName, leftAt: AT });
  expect(await join("one-more")).toMatchObject({ success: true });
});

test("a member who mentions somebody without end fills their inbox no more than any other sender", async () => {
  const mentions = ["target"];
  const eve = await dietClient(server, "eve", { rooms: ["group:g"] });
  await server.http("PUT", "/v1/rooms/group:g/members/target", {});
  const say = (n: number) =>
    eve.ask("group.message", {
      ...{ messageId: `m-${n}`, groupId: "g", fromUserId: "eve", content: "hello", timestamp: AT, mentions },
    });
  for (let some = 0; some < 21; some++) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => say(100 * some + n)));
  }
  await (await dietClient(server, "zoe")).direct("target", "hello");
  const target = await dietClient(server, "target");
  const isMention = ({ type }: { type?: string }) => type === "notification";
  await target.event("direct.message");
  const notified = target.client.frames.filter(isMention).length;
  // Checked against the last commit, so that one turn may pass it by a little.
  expect(notified).toBeGreaterThanOrEqual(2_000);
  expect(notified).toBeLessThan(2_100);
});
