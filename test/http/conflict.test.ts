import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { expectProblem } from "../support/problem.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());
const post = (protocol: string, events: unknown): Promise<Response> =>
  server.http("POST", `/v1/${protocol}/events`, events);

const timestamp = "2026-01-01T00:00:00Z";
const gift = {
  ...{ giftId: "g-1", giftType: "rose", quantity: 1 },
  sender: { userId: "u", username: "U", avatar: "", isSubscriber: false, isModerator: false },
  animation: { type: "particle", duration: 1, assetUrl: "", soundUrl: "" },
};
const message = {
  id: "m-1",
  chatId: "c",
  userId: "ada",
  role: "user",
  content: "one",
  metadata: {},
  timestamp,
};
const notification = {
  ...{ notificationId: "n-1", userId: "ada", title: "T", message: "M", type: "info", category: "social" },
  createdAt: timestamp,
};
/** It has no texts that a redaction could remove. */
const water = { userId: "ada", amount: 250, totalToday: 250, goal: 2_000, loggedAt: timestamp };

/** Posts of each contract: an event, and others that differ from it in content or in kind. */
const posts: [string, Frame, Frame[]][] = [
  [
    "discord",
    { room: "guild:1", type: "room.deleted", data: { guildId: "1", channelId: "2" } },
    [
      { type: "room.deleted", data: { guildId: "1", channelId: "3" } },
      { type: "voice.left", data: { guildId: "1", channelId: null, userId: "2" } },
    ],
  ],
  [
    "gurukul",
    { room: "chat:c", type: "message", data: { chatId: "c", message } },
    [
      { data: { chatId: "c", message: { ...message, content: "two" } } },
      { type: "typing", data: { chatId: "c", userId: "ada", isTyping: true } },
    ],
  ],
  [
    "atomic",
    { room: "context:c", type: "message", data: { content: "one", author: "School" } },
    [
      { data: { content: "two", author: "School" } },
      { type: "metric_update", data: { metric: "m", value: 1 } },
    ],
  ],
  [
    "atomic",
    { room: "context:d", type: "metric_update", data: { metric: "m", value: 1 } },
    [{ data: { metric: "m", value: 2 } }, { data: { metric: "n", value: 1 } }],
  ],
  [
    "hyperfocus",
    { room: "stream:s", type: "gift:received", data: gift },
    [{ data: { ...gift, quantity: 2 } }, { type: "stream:status", data: { isLive: true } }],
  ],
  [
    "hyperfocus",
    { room: "stream:t", type: "stream:status", data: { isLive: true } },
    [{ data: { isLive: false } }],
  ],
  [
    "diet",
    { user: "ada", type: "notification", data: notification },
    [{ data: { ...notification, message: "other" } }],
  ],
  [
    "diet",
    { user: "ada", type: "water.intake", data: water },
    [{ data: { ...water, amount: 500 } }, { type: "notification", data: notification }],
  ],
];

test.each(posts)(
  "an idempotency key of %s stands for one event: anything else under it is 409",
  async (protocol, first, others) => {
    const id = `key-${protocol}-${first["type"]}`;
    const posted = { ...first, id };
    expect((await post(protocol, posted)).status).toBe(200);
    for (const other of others)
      await expectProblem(await post(protocol, { ...posted, ...other }), 409, ["id"]);
    const again = await post(protocol, posted);
    expect([again.status, await again.json()]).toEqual([200, { accepted: 1, ids: [id] }]);
  },
);

test("an event's own id stands for one event too, and of many posts the wrong one is named", async () => {
  const own = (id: string, content: string) => ({
    room: "chat:own",
    type: "message",
    data: { chatId: "own", message: { ...message, chatId: "own", id, content } },
  });
  expect((await post("gurukul", [own("a", "1"), own("b", "1")])).status).toBe(200);
  await expectProblem(await post("gurukul", [own("a", "1"), own("b", "2"), own("c", "3")]), 409, ["1.data"]);
  await expectProblem(
    await post("hyperfocus", { room: "stream:s", type: "gift:received", data: { ...gift, quantity: 5 } }),
    409,
    ["data"],
  );
});

test("a repeat that is known by the event's own id is answered with that id, as the first was", async () => {
  const said = { chatId: "own-id", message: { ...message, chatId: "own-id" } };
  const timestamp = "2026-01-01T00:00:00.000Z";
  const written = { messageId: "d-1", fromUserId: "ada", content: "one", timestamp };
  const posts: [string, Frame, string][] = [
    ["gurukul", { room: "chat:own-id", type: "message", data: said }, "m-1"],
    ["diet", { room: "group:g", type: "group.message", data: { ...written, groupId: "g" } }, "d-1"],
    [
      "diet",
      { user: "ada", type: "direct.message", data: { ...written, toUserId: "bob", isRead: false } },
      "d-1",
    ],
    ["hyperfocus", { room: "stream:own-id", type: "gift:received", data: gift }, "g-1"],
    [
      "atomic",
      { room: "context:own-id", type: "message", data: { id: "a-1", content: "one", author: "School" } },
      "a-1",
    ],
  ];
  for (const [protocol, posted, id] of posts)
    for (let round = 0; round < 2; round++)
      expect(await (await post(protocol, posted)).json()).toEqual({ accepted: 1, ids: [id] });
  const listed = await server.http("GET", "/v1/rooms/chat:own-id/messages");
  expect(await listed.json()).toMatchObject({ messages: [{ id: "m-1" }] });
});
