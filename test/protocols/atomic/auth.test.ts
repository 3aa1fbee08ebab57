import { describe, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import {
  ANALYTICS,
  CHAT,
  COLLABORATION,
  contents,
  drain,
  enter,
  error,
  frame,
  ROOM,
  say,
  subscribe,
  tokenWith,
} from "./clients.ts";

const server = stopAfterAll(await startTestServer());

const connected = (contextId?: string): Frame =>
  frame("connected", { userId: "ada", ...(contextId !== undefined && { contextId }) });
const byQuery = (path: string, token: string, contextId?: string): Promise<TestClient> =>
  server.connect(`${path}?token=${token}${contextId === undefined ? "" : `&contextId=${contextId}`}`);

async function expectRefused(client: TestClient, text: unknown = expect.any(String)): Promise<void> {
  expect(await client.next()).toEqual(error(text));
  expect((await client.closed).code).toBe(1008);
  expect(client.frames).toHaveLength(1);
}

describe.each([CHAT, ANALYTICS])("the context of a connection to %s", (path) => {
  test("is the one that the query names", async () => {
    const token = await server.token("ada", { rooms: ["context:a", "context:b"] });
    expect(await (await byQuery(path, token, "b")).next()).toEqual(connected("b"));
  });

  test("is the one that the auth message names, before that of the query", async () => {
    const client = await server.connect(`${path}?contextId=a`);
    client.send({ type: "auth", token: await server.token("ada", { rooms: ["context:b"] }), contextId: "b" });
    expect(await client.next()).toEqual(connected("b"));
  });

  test("is that of the query when the auth message names none", async () => {
    const client = await server.connect(`${path}?contextId=a`);
    client.send({ type: "auth", token: await server.token("ada", { rooms: ["context:*"] }) });
    expect(await client.next()).toEqual(connected("a"));
  });

  test("is the one that the token's claim names, which it grants", async () => {
    const token = await tokenWith({ sub: "ada", contextId: "a", rooms: ["context:b"] });
    expect(await (await byQuery(path, token)).next()).toEqual(connected("a"));
    expect(await (await byQuery(path, token, "")).next()).toEqual(connected("a"));
    expect(await (await byQuery(path, token, "b")).next()).toEqual(connected("b"));
  });

  test("is the only one that the token grants", async () => {
    const token = await server.token("ada", { rooms: ["session:s", "context:a", "context:a", "chat:*"] });
    expect(await (await byQuery(path, token)).next()).toEqual(connected("a"));
  });

  test("may be one of which the user is a member, or that is open", async () => {
    await server.http("PUT", "/v1/rooms/context:members/members/ada");
    await server.http("PUT", "/v1/rooms/context:open", { open: true });
    const token = await server.token("ada", { rooms: [] });
    for (const contextId of ["members", "open"]) {
      expect(await (await byQuery(path, token, contextId)).next()).toEqual(connected(contextId));
    }
  });

  test.each([
    ["none, of several", ["context:a", "context:b"]],
    ["none, of all", ["*"]],
    ["none, of all contexts", ["context:*"]],
    ["none at all", []],
  ])("must be named: %s", async (_, rooms) => {
    await expectRefused(
      await byQuery(path, await server.token("ada", { rooms })),
      expect.stringMatching(/^contextId: /),
    );
  });

  test.each(["a", "b%20c", "*", "x".repeat(129), "..", "c\u0000"])(
    "must be open to the user: %j",
    async (contextId) => {
      const token = await server.token("ada", { rooms: ["context:other"] });
      await expectRefused(
        await byQuery(path, token, encodeURIComponent(contextId)),
        "Access denied to context",
      );
    },
  );

  test("must have a name, no matter what the token grants", async () => {
    const token = await server.token("ada", { rooms: ["*"] });
    for (const contextId of ["*", "b%20c", "x".repeat(129)]) {
      await expectRefused(await byQuery(path, token, contextId), "Access denied to context");
    }
  });

  test("is not opened by a claim of another shape", async () => {
    for (const contextId of ["*", 7, ["a"], "b c", ""]) {
      const token = await tokenWith({ sub: "ada", contextId, rooms: ["chat:1"] });
      await expectRefused(await byQuery(path, token, "a"), "Access denied to context");
      await expectRefused(await byQuery(path, token), expect.stringMatching(/^contextId: /));
    }
  });
});

describe("a collaboration", () => {
  test("needs no context, and shows the one that the token is for", async () => {
    const token = await server.token("ada", { rooms: ["session:s"] });
    expect(await (await byQuery(COLLABORATION, token)).next()).toEqual(connected());
    const claimed = await tokenWith({ sub: "ada", contextId: "a" });
    expect(await (await byQuery(COLLABORATION, claimed)).next()).toEqual(connected("a"));
  });

  test("may ask for a context, which must be open to the user", async () => {
    const token = await server.token("ada", { rooms: ["session:s", "context:a"] });
    expect(await (await byQuery(COLLABORATION, token, "a")).next()).toEqual(connected("a"));
    await expectRefused(await byQuery(COLLABORATION, token, "b"), "Access denied to context");
  });
});

describe("before it has authenticated", () => {
  test.each([
    { type: "ping" },
    { type: "message", data: { content: "Hello" } },
    { type: "auth" },
    { type: "auth", token: 7 },
    { type: "auth", data: { token: "x" } },
    { type: "auth", token: "not-a-token", contextId: "a" },
    { type: "nonsense" },
    "{",
    "",
  ])("a connection may say nothing else: %j is refused", async (first) => {
    const client = await server.connect(CHAT);
    client.send(first);
    await expectRefused(client, "Authentication failed");
  });

  test("what comes right behind the token waits for it, and is not lost", async () => {
    const client = await server.connect(CHAT);
    client.send({ type: "auth", token: await server.token("ada"), contextId: "a" });
    say(client, "one");
    say(client, "two");
    await client.next("connected");
    expect(contents([await client.next(), await client.next()])).toEqual(["one", "two"]);
  });
});

test("who has authenticated does not do so again", async () => {
  const client = await enter(server, CHAT, "ada");
  client.send({ type: "auth", token: await server.token("bob"), contextId: "b" });
  expect(await client.next()).toEqual(error("Already authenticated"));
  say(client, "still me");
  expect((await client.next())["data"].authorId).toBe("ada");
});

describe.each([CHAT, ANALYTICS])("who loses the context is told so, and closed: %s", (path) => {
  test("when he is no longer a member", async () => {
    await server.http("PUT", `/v1/rooms/${ROOM}/members/eve`);
    const [stays, goes] = [await enter(server, CHAT, "ada"), await enter(server, path, "eve", { rooms: [] })];
    await drain(stays);
    await server.http("DELETE", `/v1/rooms/${ROOM}/members/eve`);
    expect(await goes.next()).toEqual(error("Access denied"));
    expect((await goes.closed).code).toBe(1008);
    const left = frame("user_left", { userId: "eve", username: "eve" });
    expect(await drain(stays)).toEqual(path === CHAT ? [left] : []);
    say(stays, "not for eve");
    await stays.next("message");
    expect(goes.frames.filter(({ type }) => type === "message")).toEqual([]);
  });

  test("when it is no longer open", async () => {
    await server.http("PUT", "/v1/rooms/context:closing", { open: true });
    const goes = await enter(server, path, "eve", { rooms: [], contextId: "closing" });
    await server.http("PUT", "/v1/rooms/context:closing", { open: false });
    expect(await goes.next()).toEqual(error("Access denied"));
    expect((await goes.closed).code).toBe(1008);
  });
});

test("an operator sees which endpoint a connection is of, and which context", async () => {
  const client = await enter(server, ANALYTICS, "watched", { contextId: "seen" });
  expect(await subscribe(client, "performance")).toEqual([null]);
  const { connections } = (await (await server.http("GET", "/v1/connections")).json()) as Frame;
  expect(connections.find(({ userId }: Frame) => userId === "watched")).toMatchObject({
    ...{ protocol: "atomic", endpoint: "analytics", contextId: "seen" },
    rooms: ["context:seen"],
  });
  client.close();
});
