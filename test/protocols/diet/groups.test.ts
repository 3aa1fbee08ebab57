import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, dietClient, message } from "../../support/diet.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { error, event, failed, succeeded } from "./samples.ts";

const clock = new FakeClock();
let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "3600000" } });
});
afterEach(() => server.stop());

/** With a token for these groups alone. */
const enter = (userId: string, ...groups: string[]) =>
  dietClient(server, userId, { name: userId.toUpperCase(), rooms: groups.map((id) => `group:${id}`) });
const text = (from: string, content: string, more: Frame = {}): Frame => ({
  ...{
    messageId: content.replaceAll(" ", "-"),
    groupId: "g",
    fromUserId: from,
    content,
    timestamp: AT,
    ...more,
  },
});
const say = (client: DietClient, content: string, more?: Frame) =>
  client.ask("group.message", text(client.userId, content, more));
const join = (client: DietClient, groupId = "g") =>
  client.ask("group.member.joined", { groupId, userId: client.userId, userName: "Somebody", joinedAt: AT });
const leave = (client: DietClient, groupId = "g") =>
  client.ask("group.member.left", { groupId, userId: client.userId, userName: "Somebody", leftAt: AT });
const heard = async (client: DietClient, type = "group.message") =>
  (await client.events()).filter((frame) => frame["type"] === type).map(({ data }) => data);
const texts = async (client: DietClient) => (await heard(client)).map(({ content }) => content);
const typing = (client: DietClient, conversationId: string) =>
  client.ask("typing.indicator", { userId: client.userId, isTyping: true, conversationId });
const members = (method: string, userId: string) =>
  server.http(method, `/v1/rooms/group:g/members/${userId}`, method === "PUT" ? {} : undefined);

test("only users who may be in a group write there, join it and type in it; leaving it as another user changes nothing", async () => {
  const [ada, eve] = [await enter("ada", "g"), await enter("eve", "other")];
  for (const groupId of ["g", "no-such-group"]) {
    const frames = [
      message("group.message", text("eve", "x", { groupId })),
      message("group.member.joined", { groupId, userId: "eve", userName: "Eve", joinedAt: AT }),
      message("typing.indicator", { userId: "eve", isTyping: true, conversationId: groupId }),
    ];
    for (const frame of frames) expect(await eve.askFrame(frame)).toEqual(failed(frame, "FORBIDDEN"));
    expect(await leave(eve, groupId)).toMatchObject({ success: true });
  }
  expect(await ada.types()).toEqual([]);
  await say(ada, "hello");
  expect(await eve.types()).toEqual([]);
});

test("a token for all groups hears a group from when its user joins it until he leaves", async () => {
  const ada = await enter("ada", "g");
  const bob = await dietClient(server, "bob", { rooms: ["*"] });
  const second = await dietClient(server, "bob", { rooms: ["*"] });
  await say(ada, "before");
  await join(bob);
  await say(ada, "in");
  expect([await texts(bob), await texts(second)]).toEqual([["in"], ["in"]]);
  const later = await dietClient(server, "bob", { rooms: ["*"] });
  await leave(bob);
  await say(ada, "after");
  for (const client of [bob, second]) expect(await texts(client)).toEqual(["in"]);
  expect(await texts(later)).toEqual([]);
  const joined = { groupId: "g", userId: "bob", userName: "Somebody" };
  expect(await heard(ada, "group.member.joined")).toEqual([{ ...joined, joinedAt: AT }]);
  expect(await heard(ada, "group.member.left")).toEqual([{ ...joined, leftAt: AT }]);
});

test("members whom a backend makes and unmakes are in and out at once", async () => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob")];
  await say(ada, "before");
  expect((await members("PUT", "bob")).ok).toBe(true);
  await say(ada, "in");
  expect(await texts(bob)).toEqual(["in"]);
  expect(await say(bob, "I may")).toMatchObject({ success: true });
  expect(await texts(await enter("bob"))).toEqual([]);
  expect((await members("DELETE", "bob")).ok).toBe(true);
  expect(await bob.event("error")).toEqual(error("AUTHENTICATION_FAILED", "Not allowed"));
  await say(ada, "after", { mentions: ["bob"] });
  expect(await say(bob, "May I?")).toMatchObject({ error: { code: "FORBIDDEN" } });
  expect(await texts(bob)).toEqual(["in"]);
  expect(await heard(bob, "notification")).toEqual([]);
});

test("a user who may be in an open group joins it and stays a member, until a backend removes the group", async () => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob")];
  expect(await join(bob)).toMatchObject({ error: { code: "FORBIDDEN" } });
  await server.http("PUT", "/v1/rooms/group:g", { open: true });
  expect(await join(bob)).toMatchObject({ success: true });
  await server.http("PUT", "/v1/rooms/group:g", { open: false });
  await say(ada, "hello");
  const later = await enter("bob");
  expect(await say(later, "still here")).toMatchObject({ success: true });
  expect(await texts(bob)).toEqual(["hello", "still here"]);
  expect((await server.http("DELETE", "/v1/rooms/group:g")).ok).toBe(true);
  await say(ada, "alone", { mentions: ["bob"] });
  expect(await say(bob, "May I?")).toMatchObject({ error: { code: "FORBIDDEN" } });
  expect(await texts(later)).toEqual([]);
  expect(await heard(bob, "notification")).toEqual([]);
});

test("who a backend says has joined is a member, until it says that he has left", async () => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob")];
  const data = { groupId: "g", userId: "bob", userName: "Bob" };
  const post = async (type: string, more: Frame) =>
    expect(
      (await server.http("POST", "/v1/diet/events", { room: "group:g", type, data: { ...data, ...more } }))
        .ok,
    ).toBe(true);
  await post("group.member.joined", { joinedAt: AT });
  expect(await heard(ada, "group.member.joined")).toEqual([{ ...data, joinedAt: AT }]);
  const later = await enter("bob");
  await say(ada, "hello");
  expect([await texts(bob), await texts(later)]).toEqual([["hello"], ["hello"]]);
  await post("group.member.left", { leftAt: AT });
  await say(ada, "gone");
  expect([await texts(bob), await texts(later), await texts(await enter("bob"))]).toEqual([
    ["hello"],
    ["hello"],
    [],
  ]);
});

describe("what a token said of a group", () => {
  const mention = (client: DietClient, content: string) => say(client, content, { mentions: ["mia"] });
  const unread = async () => heard(await enter("mia"), "notification");
  async function away(ttl: string): Promise<void> {
    const mia = await dietClient(server, "mia", { rooms: ["group:g"], ttl });
    await mia.types();
    mia.client.close();
    await mia.client.closed;
  }

  test("counts while the token is good, also when its user is away, and no longer", async () => {
    await away("10m");
    clock.advance(599_000);
    await mention(await enter("ada", "g"), "in time");
    expect(await unread()).toHaveLength(1);
    clock.advance(2_000);
    await mention(await enter("ada", "g"), "too late");
    expect(await unread()).toHaveLength(1);
    await away("20m");
    clock.advance(700_000);
    await mention(await enter("ada", "g"), "with a newer token");
    expect(await unread()).toHaveLength(2);
  });

  test("goes with a revocation", async () => {
    const ada = await enter("ada", "g");
    await away("1h");
    clock.advance(2_000);
    await server.http("DELETE", "/v1/users/mia/connections");
    await mention(ada, "revoked");
    clock.advance(10_000);
    expect(await unread()).toEqual([]);
  });

  test("goes when a backend puts the user out, who may leave what they are no longer in", async () => {
    const ada = await enter("ada", "g");
    await away("1h");
    await members("PUT", "mia");
    await members("DELETE", "mia");
    await mention(ada, "put out");
    expect(await unread()).toEqual([]);
    const mia = await enter("mia");
    expect(await leave(mia)).toMatchObject({ success: true });
    expect(await heard(ada, "group.member.left")).toEqual([]);
  });
});

test("a group whose id begins with dm: is none: a conversation of two has no other audience", async () => {
  const room = "group:dm:ada:bob";
  const issue = {
    errors: [{ path: "room", message: expect.stringContaining("must not begin with group:dm:") }],
  };
  for (const [method, path, body] of [
    ["PUT", `/v1/rooms/${room}`, {}],
    ["PUT", `/v1/rooms/${room}/members/ada`, {}],
    [
      "POST",
      "/v1/diet/events",
      {
        room,
        type: "typing.indicator",
        data: { userId: "ada", isTyping: true, conversationId: "dm:ada:bob" },
      },
    ],
  ] as const) {
    const answer = await server.http(method, path, body);
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining(issue)]);
  }
  const [ada, eve] = [await enter("ada", "dm:ada:bob"), await dietClient(server, "eve", { rooms: ["*"] })];
  for (const client of [ada, eve]) {
    expect(await say(client, "hello", { groupId: "dm:ada:bob" })).toMatchObject({
      error: { code: "INVALID_MESSAGE_FORMAT", details: { errors: [{ field: "data.groupId" }] } },
    });
    expect(await join(client, "dm:ada:bob")).toMatchObject({ error: { code: "INVALID_MESSAGE_FORMAT" } });
  }
  expect(await typing(eve, "dm:ada:bob")).toMatchObject({ error: { code: "FORBIDDEN" } });
  const bob = await enter("bob");
  await typing(ada, "dm:ada:bob");
  expect(await heard(bob, "typing.indicator")).toHaveLength(1);
  expect(await eve.types()).toEqual([]);
});

test("a mention notifies members, online or not, once, and nobody else", async () => {
  const [ada, bob, eve] = [await enter("ada", "g"), await enter("bob", "g"), await enter("eve")];
  await members("PUT", "member");
  bob.client.close();
  await bob.client.closed;
  const mentions = ["bob", "bob", "member", "eve", "nobody", "ada"];
  const frame = message("group.message", text("ada", "Who cooks?", { mentions }));
  expect(await ada.askFrame(frame)).toEqual(succeeded(frame, text("ada", "Who cooks?", { mentions })));
  for (const userId of ["bob", "member"]) {
    const notified = (await (await enter(userId)).events()).filter(({ type }) => type === "notification");
    expect(notified).toEqual([
      event("notification", {
        ...{
          notificationId: expect.any(String),
          userId,
          title: "ADA mentioned you in g",
          message: "Who cooks?",
        },
        ...{ type: "info", category: "social", createdAt: expect.any(String) },
      }),
    ]);
  }
  for (const client of [ada, eve, await enter("ada")]) {
    expect(await heard(client, "notification")).toEqual([]);
  }
});

test("a message said again under its messageId or envelope id reaches the group, and who is mentioned, once", async () => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob", "g")];
  const frame = message("group.message", text("ada", "Again?", { mentions: ["bob"] }));
  for (let n = 0; n < 2; n++) expect(await ada.askFrame(frame)).toMatchObject({ success: true });
  const other = text("ada", "Again?", { mentions: ["bob"], content: "Other words" });
  // Other words under the same id are no repeat.
  expect(await ada.ask("group.message", other)).toMatchObject({ success: false });
  await bob.ask("group.message", text("bob", "Again?", { content: "Bob's own" }));
  expect(await texts(bob)).toEqual(["Again?"]);
  expect(await texts(ada)).toEqual(["Bob's own"]);
  expect(await heard(bob, "notification")).toHaveLength(1);
});

test("backends read a group's messages", async () => {
  const ada = await enter("ada", "g");
  for (const content of ["one", "two", "three"]) await say(ada, content);
  const answer = await server.http("GET", "/v1/rooms/group:g/messages?limit=2");
  const { messages, hasMore } = (await answer.json()) as Frame;
  expect([messages.map(({ data }: Frame) => data.content), hasMore]).toEqual([["two", "three"], true]);
  expect(await (await server.http("GET", "/v1/rooms/group:g")).json()).toMatchObject({ messageCount: 3 });
});
