import { expect, test } from "bun:test";
import { resumed, start } from "./stage.ts";

const server = await start();
const q = (resume: string) => `resume=${encodeURIComponent(resume)}`;
const publish = async (protocol: string, events: unknown) => {
  const answer = await server.http("POST", `/v1/${protocol}/events`, events);
  expect(answer.status).toBe(200);
};

test("discord: the events of a guild, joined without a message", async () => {
  const joined = (n: number) => ({
    ...{ room: "guild:1", type: "voice.joined" },
    data: { guildId: "1", channelId: "2", userId: String(n), username: `u${n}`, avatar: null },
  });
  await publish("discord", [1, 2, 3].map(joined));
  for (const rooms of [["guild:1"], ["guild:*"]]) {
    const ada = await server.connect(`/api/ws?${q("guild:1@1")}`);
    ada.send({ v: 1, type: "auth", token: await server.token("ada", { rooms }), ts: 1 });
    const verdict = await ada.next((frame) => frame["event"] === "resumed");
    expect(verdict["payload"]).toEqual({ room: "guild:1", after: 1, until: 3, complete: true });
    const [second, third] = [await ada.next("event"), await ada.next("event")];
    expect([second["payload"].userId, second["offset"], third["payload"].userId]).toEqual(["2", 2, "3"]);
    expect(third).toMatchObject({ room: "guild:1", offset: 3 });
    ada.close();
  }
});

test("atomic: the messages of a context", async () => {
  const message = (n: number) => ({
    ...{ room: "context:c1", type: "message" },
    data: { content: `m${n}`, author: "Bot", authorId: "bot", messageType: "text" },
  });
  await publish("atomic", [1, 2, 3].map(message));
  const token = await server.token("ada");
  const ada = await server.connect(`/api/chat/ws?contextId=c1&token=${token}&${q("context:c1@1")}`);
  await ada.next("connected");
  expect((await ada.next(resumed))["data"]).toMatchObject({ after: 1, until: 3, complete: true });
  const heard = [await ada.next("message"), await ada.next("message")];
  expect(heard.map((frame) => [frame["data"].content, frame["offset"]])).toEqual([
    ["m2", 2],
    ["m3", 3],
  ]);
});

test("atomic: a dashboard, which hears no messages, gets the verdict alone", async () => {
  const token = await server.token("ada");
  const query = `contextId=c1&token=${token}&${q("context:c1@1")}`;
  const ada = await server.connect(`/api/analytics/ws?${query}`);
  await ada.next("connected");
  expect((await ada.next(resumed))["data"]).toMatchObject({ room: "context:c1", complete: true });
  ada.send({ type: "ping", id: "p" });
  await ada.next("pong");
  expect(ada.frames.filter(({ type }) => type === "message")).toEqual([]);
});

test("atomic: a document contains its edits", async () => {
  const token = await server.token("ada");
  const first = await server.connect(`/api/collaboration/ws?token=${token}&offsets=1`);
  first.send({ type: "join_session", id: "j", data: { sessionId: "s1", role: "participant" } });
  await first.next("session_joined");
  first.send({
    type: "edit",
    id: "e",
    data: { operation: "insert", position: 0, content: "hi", version: 0 },
  });
  expect(await first.next("edit_ack")).toMatchObject({ room: "session:s1", offset: 1 });
  const again = await server.connect(`/api/collaboration/ws?token=${token}&${q("session:s1@0")}`);
  again.send({ type: "join_session", id: "j", data: { sessionId: "s1", role: "participant" } });
  expect((await again.next("session_joined"))["data"]).toMatchObject({ content: "hi", version: 1 });
  expect((await again.next(resumed))["data"]).toMatchObject({ until: 1, complete: true });
  again.send({ type: "ping", id: "p" });
  const frame = await again.next();
  expect(frame["type"]).toBe("pong");
});

test("atomic: the ack of an edit that falls into several frames says which frame its author heard before", async () => {
  const token = await server.token("ada");
  const edit = (id: string, data: object) => ({ type: "edit", id, data });
  const enter = async () => {
    const client = await server.connect(`/api/collaboration/ws?token=${token}&offsets=1`);
    client.send({ type: "join_session", data: { sessionId: "split", role: "participant" } });
    await client.next("session_joined");
    return client;
  };
  const [author, other] = [await enter(), await enter()];
  author.send(edit("e-1", { operation: "insert", position: 0, content: "abcdef", version: 0 }));
  other.send(edit("e-2", { operation: "insert", position: 3, content: "--", version: 1 }));
  expect(await author.next("edit")).toMatchObject({ offset: 2 });
  author.send(edit("e-3", { operation: "delete", position: 1, length: 4, version: 1 }));
  const heard = [await other.next("edit"), await other.next("edit"), await other.next("edit")];
  expect(heard.map(({ offset, after }) => [offset, after])).toEqual([1, 3, 4].map((n) => [n, undefined]));
  expect(await author.next(({ id, type }) => type === "edit_ack" && id === "e-3")).toMatchObject({
    offset: 4,
    after: 2,
  });
});

test("hyperfocus: the gifts of a stream, for a viewer without an account", async () => {
  const sender = { userId: "u", username: "U", avatar: "", isSubscriber: false, isModerator: false };
  const animation = { type: "particle", duration: 1, assetUrl: "", soundUrl: "" };
  const gift = (n: number) => ({
    ...{ room: "stream:s1", type: "gift:received" },
    data: { giftId: `g${n}`, giftType: `t${n}`, quantity: 1, totalValue: 1, sender, animation },
  });
  const connect = async (query: string) => {
    const viewer = await server.connect(`/ws?${query}`, { protocols: ["hyperfocus-protocol-v1"] });
    const payload = {
      clientId: "c",
      streamId: "s1",
      clientType: "viewer",
      capabilities: [],
      version: "1.0.0",
    };
    viewer.send({ type: "connection:init", payload, timestamp: new Date().toISOString(), version: "1.0.0" });
    await viewer.next("connection:ack");
    return viewer;
  };
  const live = await connect("offsets=1");
  await publish("hyperfocus", [gift(1), gift(2), gift(3)]);
  const heard = [];
  for (let n = 0; n < 3; n++) heard.push(await live.next("gift:received"));
  const back = await connect(q(`stream:s1@${heard[0]!["offset"]}`));
  expect((await back.next(resumed))["payload"]).toMatchObject({ complete: true });
  for (const missed of heard.slice(1)) {
    const again = await back.next("gift:received");
    expect([again["payload"].giftId, again["offset"]]).toEqual([missed["payload"].giftId, missed["offset"]]);
  }
});

test("diet: the inbox, joined without a message, and groups", async () => {
  const connect = async (user: string, query: string) => {
    const client = await server.connect(`/api/diet/ws?${query}`);
    const token = await server.token(user, { rooms: ["group:g1"] });
    client.send({ type: "auth", token, userId: user, sessionId: "s" });
    await client.next("auth_response");
    return client;
  };
  const ada = await connect("ada", "offsets=1");
  const bob = await connect("bob", "");
  const say = (n: number) => {
    const timestamp = new Date().toISOString();
    const data = {
      messageId: `d${n}`,
      fromUserId: "bob",
      toUserId: "ada",
      content: `d${n}`,
      timestamp,
      isRead: false,
    };
    bob.send({ id: `f${n}`, type: "direct.message", timestamp, data });
  };
  say(1);
  const first = await ada.next("direct.message");
  expect(first).toMatchObject({ room: "diet-user:ada" });
  ada.close();
  await ada.closed;
  for (const n of [2, 3]) say(n);
  await bob.next((frame) => frame["id"] === "f3");
  const back = await connect("ada", q(`diet-user:ada@${first["offset"]},diet-user:bob@1`));
  const verdicts = [await back.next(resumed), await back.next(resumed)];
  const reasons = verdicts.map((frame) => [frame["data"].room, frame["data"].complete]);
  expect(reasons.sort()).toEqual([
    ["diet-user:ada", true],
    ["diet-user:bob", false],
  ]);
  const told = back.frames.filter((frame) => frame["type"] === "direct.message");
  while (told.length < 2) told.push(await back.next("direct.message"));
  expect(told.slice(0, 2).map((frame) => frame["data"].content)).toEqual(["d2", "d3"]);
});
