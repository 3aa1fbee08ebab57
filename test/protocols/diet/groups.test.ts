import { describe, expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, type DietClient, message } from "../../support/diet.ts";
import { groupStage, heard, join, leave, say, text, texts, typing } from "./group-stage.ts";
import { error, failed } from "./samples.ts";

const { client, clock, enter, http, members } = groupStage();

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
  const bob = await client("bob", { rooms: ["*"] });
  const second = await client("bob", { rooms: ["*"] });
  await say(ada, "before");
  await join(bob);
  await say(ada, "in");
  expect([await texts(bob), await texts(second)]).toEqual([["in"], ["in"]]);
  const later = await client("bob", { rooms: ["*"] });
  await leave(bob);
  await say(ada, "after");
  for (const client of [bob, second]) expect(await texts(client)).toEqual(["in"]);
  expect(await texts(later)).toEqual([]);
  const joined = { groupId: "g", userId: "bob", userName: "Somebody" };
  expect(await heard(ada, "group.member.joined")).toEqual([{ ...joined, joinedAt: AT }]);
  expect(await heard(ada, "group.member.left")).toEqual([{ ...joined, leftAt: AT }]);
});

test("leaving a group that one is not in succeeds, and the group hears nothing of it", async () => {
  const ada = await enter("ada", "g");
  const [all, bob] = [await client("all", { rooms: ["*"] }), await enter("bob", "g")];
  expect(await leave(all)).toMatchObject({ success: true });
  for (let n = 0; n < 2; n++) expect(await leave(bob)).toMatchObject({ success: true });
  const frames = [
    message("group.member.joined", { groupId: "g", userId: "all", userName: "All", joinedAt: AT }),
    message("group.member.left", { groupId: "g", userId: "all", userName: "All", leftAt: AT }),
  ];
  for (const frame of frames) all.client.send(frame);
  await all.answerTo(frames[1]!["id"]);
  await say(ada, "alone", { mentions: ["all", "bob"] });
  for (const one of [all, bob]) expect(await one.types()).toEqual([]);
  expect((await heard(ada, "group.member.left")).map(({ userId }) => userId)).toEqual(["bob", "all"]);
  // The new group may not know yet who is in it.
  const eve = await enter("eve", "g");
  await http("DELETE", "/v1/rooms/group:g");
  await leave(eve);
  await say(ada, "alone again");
  expect(await texts(eve)).toEqual([]);
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

test("members who say that they have joined keep the role that a backend gave them", async () => {
  await http("PUT", "/v1/rooms/group:g/members/bob", { role: "admin" });
  const bob = await enter("bob");
  expect(await join(bob)).toMatchObject({ success: true });
  await members("PUT", "eve");
  const answer = (await (await http("GET", "/v1/rooms/group:g/members")).json()) as Frame;
  expect(answer["members"]).toEqual([
    { userId: "bob", role: "admin" },
    { userId: "eve", role: null },
  ]);
  await members("PUT", "bob");
  expect(await (await http("GET", "/v1/rooms/group:g/members?limit=1")).json()).toMatchObject({
    members: [{ userId: "bob", role: null }],
  });
});

test("a user who may be in an open group joins it and stays a member, until a backend removes the group", async () => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob")];
  expect(await join(bob)).toMatchObject({ error: { code: "FORBIDDEN" } });
  await http("PUT", "/v1/rooms/group:g", { open: true });
  expect(await join(bob)).toMatchObject({ success: true });
  await http("PUT", "/v1/rooms/group:g", { open: false });
  await say(ada, "hello");
  const later = await enter("bob");
  expect(await say(later, "still here")).toMatchObject({ success: true });
  expect(await texts(bob)).toEqual(["hello", "still here"]);
  expect((await http("DELETE", "/v1/rooms/group:g")).ok).toBe(true);
  await say(ada, "alone", { mentions: ["bob"] });
  expect(await say(bob, "May I?")).toMatchObject({ error: { code: "FORBIDDEN" } });
  expect(await texts(later)).toEqual([]);
  expect(await heard(bob, "notification")).toEqual([]);
});

test("a user whose token opens all groups is out of one that a backend removes, until they join the new one", async () => {
  const ada = await enter("ada", "g");
  const [bob, second] = [await client("bob", { rooms: ["*"] }), await client("bob", { rooms: ["group:*"] })];
  await join(bob);
  await http("DELETE", "/v1/rooms/group:g");
  for (const one of [bob, second]) {
    expect(await one.event("error")).toEqual(error("AUTHENTICATION_FAILED", "Not allowed"));
  }
  await say(ada, "begun anew");
  expect([await texts(bob), await texts(second), await texts(ada)]).toEqual([[], [], []]);
  await join(second);
  await say(ada, "together");
  expect([await texts(bob), await texts(second)]).toEqual([["together"], ["together"]]);
});

test("who a backend says has joined is a member, until it says that he has left", async () => {
  const [ada, bob] = [await enter("ada", "g"), await enter("bob")];
  const data = { groupId: "g", userId: "bob", userName: "Bob" };
  const post = async (type: string, more: Frame) =>
    expect(
      (await http("POST", "/v1/diet/events", { room: "group:g", type, data: { ...data, ...more } })).ok,
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
    const mia = await client("mia", { rooms: ["group:g"], ttl });
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
    await http("DELETE", "/v1/users/mia/connections");
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

  test.each([["group:g"], ["*"]])("goes when a backend puts a user with %s out", async (grant) => {
    const ada = await enter("ada", "g");
    const mia = await client("mia", { rooms: [grant] });
    await join(mia);
    await members("DELETE", "mia");
    expect(await mia.event("error")).toEqual(error("AUTHENTICATION_FAILED", "Not allowed"));
    await mention(ada, "put out");
    expect([await texts(mia), await unread()]).toEqual([[], []]);
    // The token is still good: its user may come again, as after leaving.
    await join(mia);
    await mention(ada, "here again");
    expect([await texts(mia), await unread()]).toEqual([["here again"], [expect.anything()]]);
  });

  test("counts in the new group when a backend removes the group while its user is in it", async () => {
    const ada = await enter("ada", "g");
    const mia = await client("mia", { rooms: ["group:g"], ttl: "10m" });
    const all = await client("ivy", { rooms: ["*"] });
    await join(all);
    await http("DELETE", "/v1/rooms/group:g");
    await mia.types();
    await say(ada, "begun anew", { mentions: ["mia", "ivy"] });
    expect(await texts(mia)).toEqual(["begun anew"]);
    expect(await heard(mia, "notification")).toHaveLength(1);
    // Their token names no group: a group has such users only when they have joined it.
    expect(await heard(all, "notification")).toEqual([]);
    clock.advance(602_000);
    await say(await enter("ada", "g"), "too late", { mentions: ["mia"] });
    expect(await unread()).toHaveLength(1);
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
    const answer = await http(method, path, body);
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining(issue)]);
  }
  const [ada, eve] = [await enter("ada", "dm:ada:bob"), await client("eve", { rooms: ["*"] })];
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
