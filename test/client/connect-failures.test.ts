import { describe, expect, test } from "bun:test";
import { ConnectionFailed } from "../../packages/client/src/index.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { clientNames, clients } from "./clients.ts";
import { stage } from "./connect-stage.ts";
import { outcome, settled } from "./support.ts";

const server = stopAfterAll(await startTestServer());

describe.each(clientNames)("%s: what no retry can help", (name) => {
  test("a runtime without WebSocket fails at once, with the cause", async () => {
    const cause = new ReferenceError("WebSocket is not defined");
    const { client, events } = stage(name, {
      createSocket() {
        throw cause;
      },
    });
    const error = await outcome(client.connect());
    expect(error).toBeInstanceOf(ConnectionFailed);
    expect(error).toMatchObject({ message: cause.message, cause });
    expect(events.map(({ type }) => type)).toEqual(["error"]);
    expect(client.getConnectionState()).toBe("error");
  });

  test("a URL that is none fails at once, with the cause", async () => {
    const { createSocket: _, ...options } = { createSocket: undefined, url: "no url", token: "a token" };
    const client = clients[name].create(options);
    const error = await outcome(client.connect());
    expect(error).toBeInstanceOf(ConnectionFailed);
    expect(error).toMatchObject({ cause: { name: expect.stringMatching(/SyntaxError|TypeError/) } });
    expect(client.getConnectionState()).toBe("error");
  });
});

describe.each(clientNames)("%s: what a retry may help", (name) => {
  test("a token that cannot be had is told of with each attempt, and asked for again", async () => {
    const cause = new Error("the backend sleeps");
    let asked = 0;
    const { admit, client, clock, events } = stage(name, {
      async token() {
        if (++asked < 3) throw cause;
        return "a token";
      },
    });
    const connected = client.connect();
    for (let n = 0; n < 2; n++) {
      await settled();
      clock.advance(1);
    }
    await admit();
    await connected;
    expect(events.map(({ type, data }) => [type, data?.attempt, data?.error])).toEqual([
      ["reconnecting", 1, cause],
      ["reconnecting", 2, cause],
      ["connected", undefined, undefined],
    ]);
  });

  test("what the runtime says of a broken connection is told with the attempt", async () => {
    const { client, events, next } = stage(name);
    void client.connect();
    const socket = await next();
    socket.onerror?.({ message: "ECONNREFUSED" } as never);
    socket.end();
    expect(events.map(({ data }) => data)).toMatchObject([
      { attempt: 1, code: 1006, error: { message: "ECONNREFUSED" } },
    ]);
    await client.disconnect();
  });

  test("a limit of time ends it, with the last cause", async () => {
    const cause = new Error("the backend sleeps");
    const { client, clock, events, all } = stage(name, {
      token: () => Promise.reject(cause),
      reconnect: { baseDelay: 100, backoffMultiplier: 1, maxAttempts: 1_000 },
      random: () => 1,
    });
    const connected = outcome(client.connect({ timeout: 1_000 }));
    for (let ms = 0; ms < 1_000; ms += 100) {
      await settled();
      clock.advance(100);
    }
    const error = await connected;
    expect(error).toBeInstanceOf(ConnectionFailed);
    expect(error).toMatchObject({ message: "No connection after 1000 ms: the backend sleeps", cause });
    expect(client.getConnectionState()).toBe("error");
    const told = events.length;
    clock.advance(60_000);
    await settled();
    expect(events).toHaveLength(told);
    expect(all).toEqual([]);
  });

  test("a limit of time ends nothing once the server has let the client in", async () => {
    const { admit, client, clock } = stage(name, { heartbeat: { interval: 0 } });
    const connected = client.connect({ timeout: 1_000 });
    const socket = await admit();
    await connected;
    socket.end();
    clock.advance(1_000);
    await settled();
    expect(client.getConnectionState()).toBe("connecting");
    await client.disconnect();
  });
});

/** What servers of all contracts say, and what none of them says: type alone, or with another contract's fields. */
const strangeFrames = [
  ...["error", "message", "batch", "edit", "chat_update", "session_joined", "auth_response", "pong"],
  ...["gift:received", "connection:ack", "heartbeat:ping", "event", "resumed", "placed", "metric_update"],
].flatMap((type) => [{ type }, { type, data: null }, { type, payload: 1, error: {} }]);

describe.each(clientNames)("%s: an endpoint of another contract", (name) => {
  test("costs no exception, and the rejection says why the server closed", async () => {
    const { client, next, events } = stage(name);
    void outcome(client.connect());
    const socket = await next();
    socket.open();
    for (const frame of strangeFrames) socket.say(frame);
    socket.say({});
    socket.end(1008, "Authentication failed");
    expect(client.getConnectionState()).toBe("error");
    expect(events.at(-1)?.data?.error?.message).toMatch(/\w+ \w+/);
    await client.disconnect();
  });
});

describe("the server's own words are in the rejection", () => {
  test.each([
    ["chat", "/api/chat/ws", "ada", /contextId.* must be in the query/],
    ["analytics", "/api/analytics/ws", "ada", /contextId.* must be in the query/],
  ] as const)("%s", async (name, path, userId, words) => {
    const client = clients[name].create({
      url: server.url(path),
      token: await server.token(userId),
    });
    const error = await outcome(client.connect());
    expect(error).toBeInstanceOf(ConnectionFailed);
    expect(error).toMatchObject({ message: expect.stringMatching(words) });
    await client.disconnect();
  });

  test.each([
    [
      "gurukul",
      { type: "error", data: { code: 401, message: "the token has another issuer" }, timestamp: 0 },
    ],
    ["chat", { type: "error", error: "the token has another issuer" }],
    ["analytics", { type: "error", error: "the token has another issuer" }],
    ["collaboration", { type: "error", error: "the token has another issuer" }],
    ["host", { type: "error", payload: { code: "X", message: "the token has another issuer" } }],
    ["viewer", { type: "error", payload: { code: "X", message: "the token has another issuer" } }],
    ["voice", { v: 1, type: "error", error: "the token has another issuer" }],
    [
      "diet",
      {
        type: "auth_response",
        success: false,
        error: { code: "X", message: "the token has another issuer" },
      },
    ],
  ] as const)("%s", async (name, frame) => {
    const { client, next } = stage(name);
    const connected = outcome(client.connect());
    const socket = await next();
    socket.open();
    socket.say(frame);
    socket.end(1008, "Authentication failed");
    expect(await connected).toMatchObject({
      message: "the token has another issuer",
      closing: { code: 1008, reason: "Authentication failed" },
    });
  });
});
