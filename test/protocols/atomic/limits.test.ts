import { afterEach, expect, test } from "bun:test";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import {
  ANALYTICS,
  CHAT,
  COLLABORATION,
  contents,
  drain,
  enter,
  error,
  post,
  ROOM,
  say,
  typing,
} from "./clients.ts";

const clock = new FakeClock();
let server: TestServer;
afterEach(() => server.stop());

const start = async (env: Record<string, string>): Promise<void> => {
  server = await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "86400000", ...env } });
};
const paths = [CHAT, ANALYTICS, COLLABORATION];

/** An attempt to open a WebSocket, as plain HTTP. */
const attempt = (path: string, address?: string): Promise<Response> =>
  fetch(server.url(path).replace("ws:", "http:"), {
    headers: {
      ...{ connection: "Upgrade", upgrade: "websocket" },
      ...{ "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
      ...(address !== undefined && { "x-forwarded-for": address }),
    },
  });

test("one address opens 10 connections a minute to all endpoints together; then 429 says when to come again", async () => {
  await start({ CONNECTION_RATE_LIMIT: "10" });
  for (let n = 0; n < 10; n++) await server.connect(paths[n % 3]!);
  for (const path of paths) {
    const refused = await attempt(path);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "6"]);
  }
  // Other contracts' endpoints have no such limit.
  await server.connect("/api/ws");
  clock.advance(6_000);
  await server.connect(CHAT);
  expect((await attempt(CHAT)).status).toBe(429);
});

test("behind a proxy the address is the one that the proxy saw", async () => {
  await start({ CONNECTION_RATE_LIMIT: "1", TRUST_PROXY: "on" });
  const from = (address: string) => server.connect(CHAT, { headers: { "x-forwarded-for": address } });
  await from("10.0.0.1");
  await from("10.0.0.2");
  await from("10.0.0.1, 10.0.0.3");
  for (const address of ["10.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.3"]) {
    expect((await attempt(CHAT, address)).status).toBe(429);
  }
});

test("the addresses of one IPv6 network are counted together", async () => {
  await start({ CONNECTION_RATE_LIMIT: "1", TRUST_PROXY: "on" });
  const from = (address: string) => server.connect(CHAT, { headers: { "x-forwarded-for": address } });
  await from("2001:db8:0:1::1");
  await from("2001:db8:0:2::1");
  expect((await attempt(CHAT, "2001:db8:0:1:ffff::2")).status).toBe(429);
});

test("without a proxy nobody passes for another address", async () => {
  await start({ CONNECTION_RATE_LIMIT: "1" });
  await server.connect(CHAT, { headers: { "x-forwarded-for": "10.0.0.1" } });
  expect((await attempt(CHAT, "10.0.0.2")).status).toBe(429);
});

test.each(paths)("one message of any kind too many is an error and 1008: %s", async (path) => {
  await start({ MESSAGE_RATE_LIMIT: "3" });
  const [ada, bob] = [await enter(server, path, "ada"), await enter(server, path, "bob")];
  ada.send({ type: "ping" });
  ada.send({ type: "nonsense" });
  ada.send("{");
  ada.send({ type: "ping" });
  ada.send({ type: "ping" });
  const frames = [];
  for (let n = 0; n < 4; n++)
    frames.push((await ada.next(({ type }) => type !== "user_joined"))["error"] ?? "pong");
  expect(frames).toEqual(["pong", "Unknown message type", "Invalid JSON", "Rate limit exceeded"]);
  expect(await ada.closed).toEqual({ code: 1008, reason: "Rate limit exceeded" });
  expect(ada.frames.at(-1)).toEqual(error("Rate limit exceeded"));
  expect((await drain(bob)).filter(({ type }) => type === "error")).toEqual([]);
});

test("what the room may have a minute counts messages and typing of all, and refuses without closing", async () => {
  await start({ ROOM_RATE_LIMIT: "4" });
  const [ada, bob] = [await enter(server, CHAT, "ada"), await enter(server, CHAT, "bob")];
  const eve = await enter(server, CHAT, "eve", { contextId: "another" });
  await drain(ada);
  say(ada, "one");
  typing(bob, true);
  say(bob, "two");
  await drain(bob);
  say(ada, "three");
  say(ada, "four");
  typing(ada, true);
  const refused = error("Room rate limit exceeded");
  const frames = await drain(ada);
  expect(frames.filter(({ type }) => type === "error")).toEqual([refused, refused]);
  expect(contents(frames)).toEqual(["one", "two", "three"]);
  say(eve, "elsewhere");
  expect(contents([await eve.next()])).toEqual(["elsewhere"]);
  clock.advance(15_000);
  say(bob, "five");
  expect((await bob.next(({ data }) => data?.content === "five"))["type"]).toBe("message");
  expect(contents(await drain(ada))).toEqual(["five"]);
});

test("what asks only does not count for the room, and backends are not limited", async () => {
  await start({ ROOM_RATE_LIMIT: "1" });
  const ada = await enter(server, CHAT, "ada");
  for (let n = 0; n < 5; n++) ada.send({ type: "history" });
  for (let n = 0; n < 5; n++) {
    await post(server, { room: ROOM, type: "message", data: { content: `${n}`, author: "School" } });
  }
  say(ada, "mine");
  const frames = await drain(ada);
  expect(frames.filter(({ type }) => type === "history")).toHaveLength(5);
  expect(contents(frames)).toEqual(["0", "1", "2", "3", "4", "mine"]);
});
