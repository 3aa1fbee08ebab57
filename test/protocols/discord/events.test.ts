import { afterAll, beforeEach, expect, test } from "bun:test";
import { startTestServer } from "../../support/server.ts";
import { created, post, type Viewer, watch } from "./viewer.ts";

let server = await startTestServer();
let viewer: Viewer;
beforeEach(async () => {
  viewer = await watch(server, { sub: "viewer", guildId: "1" });
});
afterAll(() => server.stop());

test("one event is accepted, answered with an id, and shown", async () => {
  const answer = await post(server, created("1", "one"));
  expect([answer.status, await answer.json()]).toEqual([200, { accepted: 1, ids: [expect.any(String)] }]);
  expect(await viewer.news()).toEqual(["one"]);
});

test("an array is answered with an id each, and shown in its order", async () => {
  const answer = await post(server, [created("1", "a"), created("1", "b"), created("1", "c")]);
  const { accepted, ids } = (await answer.json()) as { accepted: number; ids: string[] };
  expect([accepted, new Set(ids).size]).toEqual([3, 3]);
  expect(await viewer.news()).toEqual(["a", "b", "c"]);
});

test("a thousand events at once arrive in order", async () => {
  const names = Array.from({ length: 1_000 }, (_, n) => `${n}`);
  const answer = await post(
    server,
    names.map((name) => created("1", name)),
  );
  expect(await answer.json()).toMatchObject({ accepted: 1_000 });
  expect(await viewer.news()).toEqual(names);
});

test("an event that is repeated under its id is answered alike and shown once", async () => {
  const event = { ...created("1", "first"), id: "key-1" };
  for (let n = 0; n < 3; n++) {
    const answer = await post(server, event);
    expect([answer.status, await answer.json()]).toEqual([200, { accepted: 1, ids: ["key-1"] }]);
  }
  const twice = { ...created("1", "twice"), id: "key-2" };
  expect(await (await post(server, [twice, twice])).json()).toEqual({ accepted: 2, ids: ["key-2", "key-2"] });
  expect(await viewer.news()).toEqual(["first", "twice"]);
});

test("the same event without an id is another event", async () => {
  await post(server, created("1", "same"));
  await post(server, created("1", "same"));
  expect(await viewer.news()).toEqual(["same", "same"]);
});

test("an id is known after a restart", async () => {
  const event = { ...created("1", "before"), id: "kept" };
  await post(server, event);
  server = await server.restart();
  viewer = await watch(server, { sub: "viewer", guildId: "1" });
  expect(await (await post(server, event)).json()).toEqual({ accepted: 1, ids: ["kept"] });
  await post(server, created("1", "after"));
  expect(await viewer.news()).toEqual(["after"]);
});

test("names are cleaned of HTML, and otherwise left as they are", async () => {
  await post(server, created("1", "<b>Ada</b>'s <img src=x onerror=alert(1)>room & a < b"));
  await post(server, {
    room: "guild:1",
    type: "voice.joined",
    data: { guildId: "1", channelId: "c", userId: "u", username: "<script>x</script>Ada", avatar: null },
  });
  await viewer.news();
  const [{ payload: room }, { payload: user }] = viewer.client.frames.slice(1) as [never, never];
  expect([room, user]).toMatchObject([{ name: "Ada's room & a < b" }, { username: "Ada", avatar: null }]);
});

test("fields that the contract does not know are left out", async () => {
  const event = created("1", "plain");
  await post(server, { ...event, data: { ...event.data, secret: "42", ts: 1 }, more: true });
  await viewer.news();
  expect(viewer.client.frames[1]?.["payload"]).toEqual(event.data);
});

test("a user's event goes to all connections of that user, and to no other", async () => {
  const bobs = [await watch(server, { sub: "bob" }), await watch(server, { sub: "bob", guildId: "1" })];
  const { room: _, ...event } = created("1", "for bob");
  expect((await post(server, { ...event, user: "bob" })).status).toBe(200);
  expect(await Promise.all(bobs.map((bob) => bob.news()))).toEqual([["for bob"], ["for bob"]]);
  expect(await viewer.news()).toEqual([]);
});

test("everyone's event goes to every connection of this contract that has authenticated, and to no other", async () => {
  const outsider = await watch(server, { sub: "outsider" });
  const stranger = await server.connect("/api/ws");
  const chatter = await server.chat("chatter");
  const { room: _, ...event } = created("1", "for all");
  expect((await post(server, { ...event, everyone: true })).status).toBe(200);
  expect([await viewer.news(), await outsider.news()]).toEqual([["for all"], ["for all"]]);
  expect(await chatter.drain()).toEqual([]);
  stranger.send("bye");
  await stranger.closed;
  expect(stranger.frames.map(({ type }) => type)).toEqual(["error"]);
});
