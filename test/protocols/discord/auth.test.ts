import { expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { ack, auth, error, sign } from "./viewer.ts";

const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock, env: { MAX_CONNECTIONS_PER_USER: "2" } }));

const seconds = () => Math.floor(clock.now() / 1_000);
const open = (): Promise<TestClient> => server.connect("/api/ws");

async function enter(userId: string, ttl = "1h"): Promise<TestClient> {
  const client = await open();
  client.send(auth(await server.token(userId, { rooms: ["guild:1"], ttl })));
  expect(await client.next()).toEqual(ack("1"));
  return client;
}

/** It is told this alone, and closed with this code and the same words. */
async function expectEnd(client: TestClient, text: string, code: number): Promise<void> {
  expect(await client.closed).toEqual({ code, reason: text });
  expect(client.frames.filter(({ type }) => type !== "ack")).toEqual([error(text)]);
}

test("a client that sends nothing for five seconds gets an error and is closed with 4001", async () => {
  const silent = await open();
  clock.advance(4_750);
  expect(silent.isOpen).toBe(true);
  const late = await open();
  clock.advance(250);
  await expectEnd(silent, "Authentication timeout", 4001);
  late.send(auth(await server.token("late", { rooms: ["guild:1"] })));
  expect(await late.next()).toEqual(ack("1"));
  clock.advance(5_000);
  expect(late.isOpen).toBe(true);
  late.close();
});

test("a token in the query is none: the first message must bring it", async () => {
  const client = await server.connect(`/api/ws?token=${await server.token("query")}`);
  clock.advance(5_000);
  await expectEnd(client, "Authentication timeout", 4001);
});

const bad: Record<string, () => unknown> = {
  "a bad token": () => auth("garbage"),
  "an empty token": () => auth(""),
  "no token": () => ({ v: 1, type: "auth", ts: 1 }),
  "a token that is no string": () => ({ v: 1, type: "auth", token: { sub: "eve" }, ts: 1 }),
  "no version": () => ({ type: "auth", token: "x", ts: 1 }),
  "a version that is a string": () => ({ v: "1", type: "auth", token: "x", ts: 1 }),
  "no timestamp": () => ({ v: 1, type: "auth", token: "x" }),
  "an unknown type": () => ({ v: 1, type: "hello", ts: 1 }),
  "a type of the server's": () => ({ v: 1, type: "event", event: "room.deleted", payload: {}, ts: 1 }),
  "the name of a property": () => ({ v: 1, type: "constructor", ts: 1 }),
  "broken JSON": () => '{"v":1,',
  "an array": () => "[]",
};

for (const [what, frame] of Object.entries(bad)) {
  test(`${what} is answered as a bad token, with 4003`, async () => {
    const client = await open();
    client.send(frame());
    await expectEnd(client, "Invalid token", 4003);
  });
}

test("a good token in an envelope of another version is refused as a bad one", async () => {
  const client = await open();
  client.send({ ...auth(await server.token("ada")), v: 2 });
  await expectEnd(client, "Invalid token", 4003);
});

test("a good token in a binary frame is refused as a bad one", async () => {
  const client = await open();
  client.socket.send(Buffer.from(JSON.stringify(auth(await server.token("ada")))));
  await expectEnd(client, "Invalid token", 4003);
});

test("tokens that have expired, never expire or name nobody are bad ones", async () => {
  for (const claims of [{ exp: seconds() - 60 }, { exp: undefined }, { sub: undefined }]) {
    const client = await open();
    client.send(auth(await sign({ sub: "eve", guildId: "1", exp: seconds() + 60, ...claims })));
    await expectEnd(client, "Invalid token", 4003);
  }
});

test("what is sent right behind a bad first message is not answered", async () => {
  const client = await open();
  client.send({ v: 1, type: "hello", ts: 1 });
  client.send(auth(await server.token("eve")));
  await expectEnd(client, "Invalid token", 4003);
});

test("a connection whose token runs out is told and closed with 4004, though it says nothing", async () => {
  const client = await enter("short", "20s");
  clock.advance(18_000);
  expect(client.isOpen).toBe(true);
  clock.advance(2_250);
  await expectEnd(client, "Session expired", 4004);
});

test("a connection whose token has run out is told and closed at its next message", async () => {
  const client = await enter("speaker", "20s");
  clock.jump(21_000);
  client.send(auth("anything"));
  await expectEnd(client, "Session expired", 4004);
});

test("a revoked user is told that the session has expired", async () => {
  const client = await enter("revoked");
  await server.http("DELETE", "/v1/users/revoked/connections");
  await expectEnd(client, "Session expired", 4004);
});

test("one connection too many is told and closed with 4008, and the others live", async () => {
  const clients = [await enter("many"), await enter("many")];
  const third = await open();
  third.send(auth(await server.token("many")));
  await expectEnd(third, "Connection limit exceeded", 4008);
  expect(clients.map(({ isOpen }) => isOpen)).toEqual([true, true]);
  clients[0]?.close();
  await clients[0]?.closed;
  await enter("many");
});

test("a second authentication is an error, and changes nothing", async () => {
  const client = await enter("twice");
  client.send(auth(await server.token("somebody-else")));
  expect(await client.next()).toEqual(error("Already authenticated"));
  client.send(auth("garbage"));
  expect(await client.next()).toEqual(error("Already authenticated"));
  expect((await server.http("GET", "/v1/users/somebody-else")).status).toBe(404);
});

test("after authentication a bad message is an error, and the connection lives", async () => {
  const client = await enter("ada");
  const errors: [unknown, string][] = [
    ["{", "Invalid JSON"],
    ["[]", "Invalid message format"],
    [{ v: 1, type: "auth" }, "Invalid message format"],
    [{ v: 2, type: "auth", token: "x", ts: 1 }, "Unsupported protocol version"],
    [{ v: 1, type: "ack", event: "auth.ok", ts: 1 }, "Unknown message type"],
    [{ v: 1, type: "auth", ts: 1 }, expect.stringMatching(/^token: /)],
  ];
  for (const [frame, text] of errors) {
    client.send(frame);
    expect(await client.next()).toEqual(error(text));
  }
  client.socket.send(Buffer.from("{}"));
  expect(await client.next()).toEqual(error(expect.any(String)));
  expect(client.isOpen).toBe(true);
});
