import { beforeAll, expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, dietClient } from "../../support/diet.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";

// Eve asks of what exists and of what does not, and must get the same answer.

let eve: DietClient;
const server = stopAfterAll(await startTestServer());
beforeAll(async () => {
  const [ada, bob] = [
    await dietClient(server, "ada", { rooms: ["group:g-real"] }),
    await dietClient(server, "bob", { rooms: ["group:g-real"] }),
  ];
  await ada.befriend(bob);
  await ada.direct("bob", "Hello", "m-real");
  await ada.ask("group.message", groupMessage("ada", "g-real", "gm-real"));
  const notification = { notificationId: "n-real", userId: "ada", title: "x", message: "x", createdAt: AT };
  const data = { ...notification, type: "info", category: "system" };
  await server.http("POST", "/v1/diet/events", { user: "ada", type: "notification", data });
  eve = await dietClient(server, "eve", { rooms: ["group:own"] });
});

const groupMessage = (fromUserId: string, groupId: string, messageId: string, mentions: string[] = []) => ({
  ...{ messageId, groupId, fromUserId, content: "x", timestamp: AT, mentions },
});
const eves = { userId: "eve", userName: "Eve" };

/** Of each type, what Eve says of a thing by its id or of one by another. */
const pairs: Record<string, [type: string, real: string, none: string, of: (id: string) => Frame]> = {
  "a message read": [
    "message.read",
    "m-real",
    "m-none",
    (messageId) => ({ messageId, userId: "eve", readAt: AT }),
  ],
  "a group's message read": [
    "message.read",
    "gm-real",
    "gm-none",
    (messageId) => ({ messageId, userId: "eve", readAt: AT }),
  ],
  "a notification read": [
    "notification.read",
    "n-real",
    "n-none",
    (notificationId) => ({ notificationId, userId: "eve", readAt: AT }),
  ],
  "a request": [
    "friend.request",
    "ada",
    "nobody",
    (toUserId) => ({ requestId: "r", fromUserId: "eve", fromUserName: "Eve", toUserId, sentAt: AT }),
  ],
  "an acceptance": [
    "friend.accepted",
    "ada",
    "nobody",
    (friendId) => ({ friendshipId: "f", userId: "eve", friendId, friendName: "x", acceptedAt: AT }),
  ],
  "a message to a user": [
    "direct.message",
    "ada",
    "nobody",
    (toUserId) => ({
      messageId: `to-${toUserId}`,
      fromUserId: "eve",
      toUserId,
      content: "x",
      timestamp: AT,
      isRead: false,
    }),
  ],
  "typing to a user": [
    "typing.indicator",
    "dm:ada:eve",
    "dm:eve:nobody",
    (conversationId) => ({ userId: "eve", isTyping: true, conversationId }),
  ],
  "typing between others": [
    "typing.indicator",
    "dm:ada:bob",
    "dm:no:nobody",
    (conversationId) => ({ userId: "eve", isTyping: true, conversationId }),
  ],
  "typing in a group": [
    "typing.indicator",
    "g-real",
    "g-none",
    (conversationId) => ({ userId: "eve", isTyping: true, conversationId }),
  ],
  "a message to a group": [
    "group.message",
    "g-real",
    "g-none",
    (groupId) => groupMessage("eve", groupId, "x"),
  ],
  "entering a group": [
    "group.member.joined",
    "g-real",
    "g-none",
    (groupId) => ({ ...eves, groupId, joinedAt: AT }),
  ],
  "leaving a group": [
    "group.member.left",
    "g-real",
    "g-none",
    (groupId) => ({ ...eves, groupId, leftAt: AT }),
  ],
  "a mention": [
    "group.message",
    "ada",
    "nobody",
    (userId) => groupMessage("eve", "own", `m-${userId}`, [userId]),
  ],
  "a like": ["post.liked", "p-real", "p-none", (postId) => ({ postId, ...eves, likedAt: AT })],
  "another's name": [
    "user.presence",
    "ada",
    "nobody",
    (userId) => ({ userId, status: "online", lastSeen: AT }),
  ],
  "another's conversation with the coach": [
    "ai.coach.message",
    "c-real",
    "c-none",
    (conversationId) => ({
      messageId: conversationId,
      conversationId,
      userId: "ada",
      message: "x",
      isFromAI: false,
      timestamp: AT,
    }),
  ],
};

for (const [what, [type, real, none, of]] of Object.entries(pairs)) {
  test(`${what} is answered alike for what exists and for what does not`, async () => {
    const answers: string[] = [];
    for (const id of [real, none, real, none]) {
      const before = eve.client.frames.length;
      await eve.ask(type, of(id));
      await eve.events();
      const frames = eve.client.frames.slice(before);
      const blind = frames.map(({ id: _, timestamp: __, ...rest }) =>
        JSON.stringify(rest).replaceAll(id, "IT"),
      );
      answers.push(blind.join());
    }
    expect(new Set(answers).size).toBe(1);
  });
}
