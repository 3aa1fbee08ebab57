import { expect, test } from "bun:test";
import { created, post as postGuild } from "../protocols/discord/viewer.ts";
import { gift, give, init } from "../protocols/hyperfocus/frames.ts";
import type { Frame, TestClient } from "../support/client.ts";
import { comeBack, post, resumed, start, textOf, until } from "./stage.ts";

const server = await start({ env: { MESSAGE_RATE_LIMIT: "120", MAX_GIFTS_PER_SECOND: "0" } });
const resume = (text: string) => `resume=${encodeURIComponent(text)}`;

test("gurukul: who has read what while somebody was away", async () => {
  await post(server, "read", 1, 3);
  const ada = await server.chat("ada", { query: "&offsets=1" });
  await ada.join("read");
  const { data } = await ada.next("batch");
  const [first, , third] = data.messages.map((one: Frame) => one["data"].message.id);
  ada.close();
  await ada.closed;
  await post(server, "read", 4, 5);
  const bob = await server.chat("bob");
  await bob.join("read");
  const fifth = (await bob.next("batch"))["data"].messages[4].data.message.id;
  bob.say("read_receipt", { chatId: "read", userId: "bob", messageIds: [first, third, fifth] });
  await bob.next("read_receipt");
  const back = await comeBack(server, "chat:read@3");
  await back.join("read");
  const [, last] = await until(back, "m5");
  expect(last?.["data"].message.metadata).toEqual({ read: true });
  const receipt = await back.next("read_receipt");
  expect(receipt["data"]).toEqual({
    ...{ chatId: "read", userId: "bob", confirmed: true },
    messageIds: expect.arrayContaining([first, third, fifth]),
  });
  expect("offset" in receipt).toBe(false);
});

const sender = { userId: "u", username: "U", avatar: "", isSubscriber: false, isModerator: false };
const dial = (query: string) => server.connect(`/ws?${query}`, { protocols: ["hyperfocus-protocol-v1"] });
const ackOf = ({ payload }: Frame) => ({
  type: "gift:ack",
  payload: { giftId: payload.giftId, receivedAt: new Date().toISOString(), rendered: true, error: null },
  timestamp: new Date().toISOString(),
});
const giveIds = (...ids: string[]) =>
  give(server, ...ids.map((giftId) => gift({ giftId, sender: { ...sender, userId: giftId } })));

test("hyperfocus: a host that resumes is told what it missed, and acknowledges it at no cost", async () => {
  const token = await server.token("host");
  const first = await dial(`token=${token}&offsets=1`);
  first.send(init("host", "h"));
  await first.next("stream:status");
  await giveIds("g-0");
  const heard = await first.next("gift:received");
  first.send(ackOf(heard));
  first.close();
  await first.closed;
  const ids = Array.from({ length: 300 }, (_, n) => `missed-${n}`);
  await giveIds(...ids);
  const back = await dial(`token=${token}&${resume(`stream:s1@${heard["offset"]}`)}`);
  back.send(init("host", "h"));
  expect((await back.next(resumed))["payload"]).toMatchObject({ complete: true });
  for (const id of ids) {
    const frame = await back.next("gift:received");
    expect(frame["payload"].giftId).toBe(id);
    back.send(ackOf(frame));
  }
  back.send({ ...ackOf(heard), payload: { ...ackOf(heard).payload, giftId: "none" } });
  const error = await back.next("error");
  expect(error["payload"].message).toBe("Unknown gift");
  expect(back.frames.filter(({ type }) => type === "error")).toHaveLength(1);
});

test("hyperfocus: `connection:init` again meanwhile loses nothing", async () => {
  const before = (await server
    .http("GET", "/v1/rooms/stream:s1/messages?limit=1000")
    .then((one) => one.json())) as Frame;
  const viewer = await dial(resume("stream:s1@0"));
  viewer.send(init("viewer", "v"));
  viewer.send(init("viewer", "v"));
  await viewer.next("connection:ack");
  await viewer.next("connection:ack");
  await giveIds("after");
  while (!viewer.frames.some(({ payload }) => payload.giftId === "after")) await viewer.next();
  const gifts = viewer.frames
    .filter(({ type }) => type === "gift:received")
    .map(({ payload }) => payload.giftId);
  expect(gifts).toEqual([...before["messages"].map(({ giftId }: Frame) => giftId), "after"]);
});

test("hyperfocus: a room of another contract is forbidden, as everywhere", async () => {
  const viewer = await dial(resume("chat:a@1"));
  viewer.send(init("viewer", "v2"));
  expect((await viewer.next(resumed))["payload"]).toMatchObject({ room: "chat:a", reason: "forbidden" });
});

test("hyperfocus: a host comes back with all places that it was told, its own room among them", async () => {
  const token = await server.token("own");
  for (const [query, more] of [[`token=${token}&`, {}] as const, ["", { token }] as const]) {
    const first = await dial(`${query}offsets=1`);
    first.send(init("host", "h3", more));
    const places: Frame[] = [];
    while (places.length < 2) places.push((await first.next("placed"))["payload"]);
    expect(places).toContainEqual({ room: "hyperfocus-user:own", offset: 0 });
    first.close();
    const asked = places.map(({ room, offset }) => `${room}@${offset}`);
    const back = await dial(`${query}${resume([...asked, "hyperfocus-user:other@0"].join())}`);
    back.send(init("host", "h3", more));
    const verdicts: Frame[] = [];
    while (verdicts.length < 3) verdicts.push((await back.next(resumed))["payload"]);
    const reasons = Object.fromEntries(verdicts.map(({ room, reason }) => [room, reason]));
    expect(reasons).toEqual({
      "hyperfocus-user:own": undefined,
      "stream:s1": undefined,
      "hyperfocus-user:other": "forbidden",
    });
    expect(back.frames.filter(({ type }) => type === "placed")).toEqual([]);
  }
});

const names = (client: TestClient) => client.frames.flatMap(({ payload }) => payload?.name ?? []);
test("discord: all guilds at once, several of them resumed, each event once", async () => {
  const events = (guild: string, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, n) => created(guild, `${guild}-${from + n}`));
  for (const guild of ["a", "b"]) await postGuild(server, events(guild, 1, 150));
  const client = await server.connect(`/api/ws?${resume("guild:a@0,guild:b@0")}`);
  const token = await server.token("ada", { rooms: ["guild:*", "guild:a", "guild:b", "guild:c"] });
  client.send({ v: 1, type: "auth", token, ts: 1 });
  // Events that are stored while the others are told, of rooms that were told already too.
  for (let n = 151; n <= 160; n++) await postGuild(server, [...events("a", n, n), ...events("b", n, n)]);
  while (names(client).filter((name) => /-160$/.test(name)).length < 2) await client.next();
  await postGuild(server, [...events("a", 161, 161), ...events("b", 161, 161), ...events("c", 161, 161)]);
  while (!names(client).includes("c-161")) await client.next();
  for (const guild of ["a", "b"]) {
    const own = names(client).filter((name) => name.startsWith(`${guild}-`));
    expect(own).toEqual(events(guild, 1, 161).map(({ data }) => data.name));
  }
  expect(names(client).filter((name) => name.startsWith("c-"))).toEqual(["c-161"]);
});

test("a page ends with an event that is not shown: the next frame says what came before", async () => {
  await post(server, "hidden", 1, 2);
  const [client] = [await comeBack(server, "chat:hidden@0")];
  await client.join("hidden");
  const [first] = (await until(client, "m2")) as [Frame];
  await server.http("DELETE", `/v1/rooms/chat:hidden/messages/${first["data"].message.id}`);
  await post(server, "hidden", 4, 4);
  expect(await client.next("message")).toMatchObject({ offset: 4, after: 2 });
  const again = await comeBack(server, "chat:hidden@2");
  await again.join("hidden");
  expect((await again.next(resumed))["data"]).toMatchObject({ after: 2, until: 4, complete: true });
  const told = await again.next("message");
  expect([textOf(told), told["offset"], told["after"]]).toEqual(["m4", 4, 2]);
});

test("atomic: a metric with an id is no frame of the chat, also where a dashboard hears its offset", async () => {
  const token = await server.token("ada");
  const query = `contextId=metrics&token=${token}&offsets=1`;
  const chat = await server.connect(`/api/chat/ws?${query}`);
  const say = (content: string) => chat.send({ type: "message", data: { content } });
  say("first");
  expect(await chat.next("message")).toMatchObject({ offset: 1 });
  const dashboard = await server.connect(`/api/analytics/ws?${query}`);
  dashboard.send({ type: "subscribe", data: { metrics: ["score"] } });
  await dashboard.next("metric_update");
  const data = { metric: "score", value: 1 };
  const metric = { room: "context:metrics", type: "metric_update", data, id: "score-1" };
  expect((await server.http("POST", "/v1/atomic/events", metric)).status).toBe(200);
  expect(await dashboard.next("metric_update")).toMatchObject({ room: "context:metrics", offset: 2 });
  say("second");
  const live = await chat.next("message");
  expect(live).toMatchObject({ offset: 3, after: 1 });
  const back = await server.connect(`/api/chat/ws?${query}&${resume("context:metrics@1")}`);
  expect(await back.next("message")).toEqual(live);
});
