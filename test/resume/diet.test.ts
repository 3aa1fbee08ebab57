import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { AT, DietClient, message } from "../support/diet.ts";
import { DietCipher } from "../support/diet-cipher.ts";
import { initialise, SealedClient } from "../support/diet-sealed.ts";
import { resumed, start } from "./stage.ts";

const server = await start({ env: { RESUME_LIMIT: "5" } });

async function connect(userId: string, query = ""): Promise<DietClient> {
  const client = await server.connect(`/api/diet/ws?${query}`);
  client.send({
    type: "auth",
    token: await server.token(userId, { rooms: ["group:g", "group:gap"] }),
    userId,
    sessionId: "s",
  });
  await client.next("auth_response");
  return new DietClient(userId, client);
}
const resume = (text: string) => `resume=${encodeURIComponent(text)}`;
const leave = async ({ client }: DietClient) => {
  client.close();
  await client.closed;
};
/** Messages that came as events, up to the one with this id. */
async function until({ client }: DietClient, messageId: string, type = "direct.message"): Promise<Frame[]> {
  const heard: Frame[] = [];
  while (heard.at(-1)?.["data"].messageId !== messageId) {
    heard.push(await client.next((frame) => frame["type"] === type && !("success" in frame)));
  }
  return heard;
}
const ids = (frames: readonly Frame[]) => frames.map(({ data }) => data.messageId);

test("over the limit the pending messages follow, as without a resume", async () => {
  const bob = await connect("bob");
  for (let n = 1; n <= 7; n++) await bob.direct("many", "x", `many-${n}`);
  const many = await connect("many", resume("diet-user:many@1"));
  expect((await many.client.next(resumed))["data"]).toMatchObject({ complete: false, reason: "too_many" });
  expect(ids(await until(many, "many-7"))).toEqual(
    ["1", "2", "3", "4", "5", "6", "7"].map((n) => `many-${n}`),
  );
  await bob.direct("many", "x", "many-8");
  expect(ids(await until(many, "many-8"))).toEqual(["many-8"]);
});

test("with a backup restored they follow too", async () => {
  const bob = await connect("bob");
  await bob.direct("restored", "x", "r-1");
  const back = await connect("restored", resume("diet-user:restored@9"));
  expect((await back.client.next(resumed))["data"]).toMatchObject({ complete: false, reason: "ahead" });
  expect(ids(await until(back, "r-1"))).toEqual(["r-1"]);
});

test("a friend's post has no number, since it is stored with the friend, where no other resumes", async () => {
  const [ada, bob] = [await connect("ada", "offsets=1"), await connect("bob", "offsets=1")];
  await ada.befriend(bob);
  const post = {
    postId: "p-1",
    authorId: "bob",
    authorName: "Bob",
    type: "tip",
    content: "Hi",
    createdAt: AT,
  };
  await bob.ask("post.created", post);
  const heard = await ada.event("post.created");
  expect(Object.keys(heard)).toEqual(["id", "type", "timestamp", "data"]);
});

test("the response to an own message has the number of the own room, so that numbers have no hole", async () => {
  const [mia, noah] = [await connect("mia", "offsets=1"), await connect("noah")];
  await noah.direct("mia", "one", "n-1");
  const [first] = await until(mia, "n-1");
  const answer = await mia.direct("noah", "two", "n-2");
  await noah.direct("mia", "three", "n-3");
  const [third] = await until(mia, "n-3");
  expect([first, answer, third].map((frame) => [frame?.["room"], frame?.["offset"]])).toEqual([
    ["diet-user:mia", 1],
    ["diet-user:mia", 2],
    ["diet-user:mia", 3],
  ]);
});

test("the response after an event that is not shown says which frame came before, as the event does to others", async () => {
  const [mia, noah] = [await connect("mia", "offsets=1"), await connect("noah", "offsets=1")];
  const say = (messageId: string) =>
    mia.ask("group.message", { messageId, groupId: "gap", fromUserId: "mia", content: "x", timestamp: AT });
  expect(await say("g-1")).toMatchObject({ room: "group:gap", offset: 1 });
  expect((await server.http("DELETE", "/v1/rooms/group:gap/messages/group:gap%2F1")).status).toBe(204);
  const answer = await say("g-2");
  const [, heard] = await until(noah, "g-2", "group.message");
  expect(heard).toMatchObject({ offset: 3, after: 1 });
  expect(answer).toMatchObject({ offset: 3, after: 1 });
});

test("what one says oneself before all was told is answered, and does not come as an event too", async () => {
  const [bob, eve] = [await connect("bob"), await connect("eve", "offsets=1")];
  for (let n = 1; n <= 4; n++) await bob.direct("eve", "x", `e-${n}`);
  await leave(eve);
  const token = await server.token("eve", { rooms: [] });
  const client = await server.connect(`/api/diet/ws?${resume("diet-user:eve@0")}`);
  const back = new DietClient("eve", client);
  client.send({ type: "auth", token, userId: "eve", sessionId: "s" });
  const own = {
    messageId: "own",
    fromUserId: "eve",
    toUserId: "bob",
    content: "x",
    timestamp: AT,
    isRead: false,
  };
  client.send(message("direct.message", own, { id: "own" }));
  expect((await back.answerTo("own"))["success"]).toBe(true);
  await bob.direct("eve", "x", "e-5");
  while (!client.frames.some(({ data }) => data?.messageId === "e-5")) await client.next();
  const events = client.frames.filter((frame) => frame["type"] === "direct.message" && !("success" in frame));
  expect(ids(events)).toEqual(["e-1", "e-2", "e-3", "e-4", "e-5"]);
});

test("an encrypted connection finds room and offset, and verdict and missed messages, inside", async () => {
  const bob = await connect("bob");
  const say = (messageId: string) =>
    bob.ask("group.message", {
      messageId,
      groupId: "g",
      fromUserId: "bob",
      content: messageId,
      timestamp: AT,
    });
  await say("g-1");
  const plain = await connect("zoe", "offsets=1");
  const cipher = await DietCipher.init();
  const [, ready] = await initialise(plain, cipher.publicKey);
  await cipher.rotate(ready["data"]);
  const sealed = new SealedClient("zoe", plain.client, cipher);
  await say("g-2");
  const { room, offset } = await sealed.event("group.message");
  expect([room, offset]).toEqual(["group:g", 2]);
  await leave(plain);
  for (const id of ["g-3", "g-4"]) await say(id);

  const token = await server.token("zoe", { rooms: ["group:g"] });
  const client = await server.connect(`/api/diet/ws?${resume("group:g@2")}`);
  client.send({ type: "auth", token, userId: "zoe", sessionId: "s" });
  await client.next("auth_response");
  const back = new DietClient("zoe", client);
  const again = await DietCipher.init();
  const [, newReady] = await initialise(back, again.publicKey);
  await again.rotate(newReady["data"]);
  // What was missed comes with the entry, before the client has asked for encryption.
  const missed = client.frames.filter(
    ({ type, success }) => type === "group.message" && success === undefined,
  );
  expect(ids(missed)).toEqual(["g-3", "g-4"]);
  const inside = new SealedClient("zoe", client, again);
  await say("g-5");
  expect(await inside.event("group.message")).toMatchObject({ room: "group:g", offset: 5 });
});

test("a user who joins a group is told on each connection where it is, and resumes it though they have heard nothing in it", async () => {
  const room = "group:open";
  expect((await server.http("PUT", `/v1/rooms/${room}`, { open: true })).status).toBe(200);
  const all = [await connect("uma", "offsets=1"), await connect("uma", "offsets=1")] as const;
  const plain = await connect("uma");
  const data = { groupId: "open", userId: "uma", userName: "Uma", joinedAt: AT };
  await all[0].ask("group.member.joined", data);
  for (const one of all) {
    const places = (await one.events()).filter(({ type, data }) => type === "placed" && data.room === room);
    expect(places.map(({ data }) => data)).toEqual([{ room, offset: 1 }]);
  }
  expect(await plain.types()).toEqual([]);
  for (const one of [...all, plain]) await leave(one);
  const text = { groupId: "open", fromUserId: "noah", content: "x", timestamp: AT };
  await (await connect("noah")).ask("group.message", { messageId: "missed", ...text });
  const back = await connect("uma", resume(`${room}@1`));
  expect((await back.client.next(resumed))["data"]).toEqual({ room, after: 1, until: 2, complete: true });
  expect(ids(await until(back, "missed", "group.message"))).toEqual(["missed"]);
});

test("a user who joins a group only now resumes it as they have asked", async () => {
  const room = "group:later";
  expect((await server.http("PUT", `/v1/rooms/${room}`, { open: true })).status).toBe(200);
  const noah = await connect("noah");
  const text = { groupId: "later", fromUserId: "noah", content: "x", timestamp: AT };
  for (const messageId of ["l-1", "l-2"]) await noah.ask("group.message", { messageId, ...text });
  const zoe = await connect("zoe", resume(`${room}@1`));
  expect(await zoe.types()).not.toContain("resumed");
  const data = { groupId: "later", userId: "zoe", userName: "Zoe", joinedAt: AT };
  await zoe.ask("group.member.joined", data);
  await noah.ask("group.message", { messageId: "l-3", ...text });
  const heard = (await zoe.events()).filter(({ type, room: named }) => type === "resumed" || named === room);
  expect(heard.map(({ type, data, offset }) => [type, offset ?? data])).toEqual([
    ["resumed", { room, after: 1, until: 3, complete: true }],
    ["group.message", 2],
    ["group.message", 4],
  ]);
});

test("a connection that resumes a group into which something else has brought its user hears of it too", async () => {
  const room = "group:brought";
  expect((await server.http("PUT", `/v1/rooms/${room}`, { open: true })).status).toBe(200);
  const noah = await connect("noah");
  const text = { groupId: "brought", fromUserId: "noah", content: "x", timestamp: AT };
  for (const messageId of ["b-1", "b-2"]) await noah.ask("group.message", { messageId, ...text });
  const [own, other] = [await connect("kim", resume(`${room}@1`)), await connect("kim", resume(`${room}@1`))];
  const posted = await connect("lou", resume(`${room}@1`));
  const data = { groupId: "brought", userName: "x", joinedAt: AT };
  await own.ask("group.member.joined", { ...data, userId: "kim" });
  const joined = { room, type: "group.member.joined", data: { ...data, userId: "lou" } };
  expect((await server.http("POST", "/v1/diet/events", joined)).status).toBe(200);
  await noah.ask("group.message", { messageId: "b-3", ...text });
  const heard = async (one: DietClient) =>
    (await one.events()).filter(({ room: named }) => named === room).map(({ offset }) => offset);
  expect(await heard(own)).toEqual([2, 4, 5]);
  expect(await heard(other)).toEqual([2, 3, 4, 5]);
  expect(await heard(posted)).toEqual([2, 3, 4, 5]);
});

test("a user who leaves a group while they catch up in it gets no more of it", async () => {
  const room = "group:long";
  const content = "x".repeat(9_000);
  const events = Array.from({ length: 200 }, (_, n) => ({
    ...{ room, type: "group.message" },
    data: { messageId: `long-${n}`, groupId: "long", fromUserId: "noah", content, timestamp: AT },
  }));
  const many = await start({ env: { RESUME_LIMIT: "1000" } });
  for (let at = 0; at < events.length; at += 100) {
    const answer = await many.http("POST", "/v1/diet/events", events.slice(at, at + 100));
    expect(answer.status).toBe(200);
  }
  expect((await many.http("PUT", `/v1/rooms/${room}/members/ivy`, {})).ok).toBe(true);
  const client = await many.connect(`/api/diet/ws?${resume(`${room}@0`)}`);
  const token = await many.token("ivy", { rooms: [] });
  client.send({ type: "auth", token, userId: "ivy", sessionId: "s" });
  const ivy = new DietClient("ivy", client);
  const data = { groupId: "long", userId: "ivy", userName: "Ivy", leftAt: AT };
  expect(await ivy.ask("group.member.left", data)).toMatchObject({ success: true });
  const heard = async () => (await ivy.events()).filter(({ type }) => type === "group.message").length;
  const before = await heard();
  expect(before).toBeLessThan(200);
  for (let n = 0; n < 10; n++) expect(await heard()).toBe(before);
  const later = { ...events[0]!, data: { ...events[0]!.data, messageId: "later" } };
  expect((await many.http("POST", "/v1/diet/events", later)).status).toBe(200);
  expect(await heard()).toBe(before);
});
