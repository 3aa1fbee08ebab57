import { expect, test } from "bun:test";
import { readConfig } from "../../src/config.ts";
import { assets } from "../../src/console/assets.ts";
import { operations } from "../../src/http/app.ts";
import { builtProtocols } from "../support/built-protocols.ts";
import { expectProblem } from "../support/problem.ts";
import { RawSocket, upgradeRequest } from "../support/raw-socket.ts";
import { recordsOf } from "../support/records.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());
const path = `/ws?token=${await server.token("ada")}`;

const ask = (headers: Record<string, string> = {}, where = path) =>
  RawSocket.upgrade(server.port, where, { headers });

test("a request that asks for no WebSocket is told so", async () => {
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`);
  expect(answer.status).toBe(426);
  expect(answer.headers.get("upgrade")).toBe("websocket");
});

test("such an answer is a problem, and names Upgrade in Connection as RFC 9110 wants it", async () => {
  const get = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const peer = await RawSocket.ask(server.port, get);
  expect(peer.head).toMatch(/^upgrade: websocket$/im);
  expect(peer.head).toMatch(/^connection: upgrade$/im);
  peer.destroy();
  await expectProblem(await fetch(`http://127.0.0.1:${server.port}${path}`), 426);
  const posted = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: "POST" });
  expect(posted.headers.get("allow")).toBe("GET");
  await expectProblem(posted, 405);
  const offer = { "sec-websocket-protocol": "unknown", upgrade: "websocket", connection: "Upgrade" };
  await expectProblem(await fetch(`http://127.0.0.1:${server.port}${path}`, { headers: offer }), 400);
});

test("an upgrade without a subprotocol is answered without one", async () => {
  const peer = await ask();
  expect(peer.status).toBe(101);
  expect(peer.head.toLowerCase()).not.toContain("sec-websocket-protocol");
});

test.each(["chat", "chat, superchat", "chat,", ", chat"])(
  "a client that offers only unknown subprotocols (%p) is refused",
  async (offer) => {
    expect((await ask({ "Sec-WebSocket-Protocol": offer })).status).toBe(400);
  },
);

test("a token offered as a subprotocol is not sent back", async () => {
  const peer = await ask({ "Sec-WebSocket-Protocol": await server.token("ada") }, "/ws");
  expect(peer.status).toBe(400);
  expect(peer.head).not.toContain("eyJ");
});

test("extensions are not negotiated: frames stay uncompressed", async () => {
  const peer = await ask({ "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" });
  expect(peer.status).toBe(101);
  expect(peer.head.toLowerCase()).not.toContain("sec-websocket-extensions");
});

test.each([
  ["an old version", (request: string) => request.replace("Version: 13", "Version: 8"), 426],
  ["no key", (request: string) => request.replace(/Sec-WebSocket-Key.*\r\n/, ""), 400],
  ["another method", (request: string) => request.replace("GET", "POST"), 405],
])("a handshake with %s is refused", async (_, spoil, status) => {
  expect((await RawSocket.ask(server.port, spoil(upgradeRequest(path)))).status).toBe(status);
});

test.each(["%%%", "a b", "", "x:99999"])(
  "a Host that is none (%p) costs a 400 and logs no error",
  async (host) => {
    for (const where of [path, "/health/live", "/v1/rooms/chat:a"]) {
      expect((await ask({ Host: host }, where)).status).toBe(400);
    }
    // It once did log the URL, token and all.
    expect(recordsOf(server, "error")).toEqual([]);
  },
);

test("other paths are no WebSocket endpoints", async () => {
  for (const where of ["/ws/", "/WS", "/ws/health/", "/wsx"]) {
    expect([where, (await ask({}, where)).status]).toEqual([where, 404]);
  }
});

test("WS_PATH is refused by name wherever another contract or a route is", () => {
  const taken = [
    ...builtProtocols().flatMap(({ paths }) => paths.filter((one) => one !== "/ws")),
    ...operations.map((operation) => operation.path.replaceAll(/\{\w+\}/g, "x").replace("chat:x", "x")),
    ...assets.keys(),
    "/console/settings.json",
    "/dev/token",
    "/examples",
    "/examples/chat.html",
  ];
  expect(taken.length).toBeGreaterThan(30);
  for (const one of taken) {
    expect(() => readConfig({ WS_PATH: one })).toThrow(/^WS_PATH: must be a path /);
  }
});

test("the endpoint is where WS_PATH says", async () => {
  const elsewhere = await startTestServer({ env: { WS_PATH: "/chat/socket" } });
  try {
    const client = await elsewhere.connect(`/chat/socket?token=${await elsewhere.token("ada")}`);
    expect(await client.drain()).toEqual([]);
    const refused = await RawSocket.upgrade(elsewhere.port, `/ws?token=${await elsewhere.token("ada")}`);
    expect(refused.status).toBe(404);
  } finally {
    await elsewhere.stop();
  }
});

test("X-Forwarded-For is not believed", async () => {
  const token = await server.token("forwarded");
  const peer = await ask({ "X-Forwarded-For": "203.0.113.9" }, `/ws?token=${token}`);
  peer.say("ping", {});
  await peer.hear("pong");
  const connect = recordsOf(server, "connect").find(({ userId }) => userId === "forwarded");
  expect(connect).toMatchObject({ address: "127.0.0.1", protocol: "gurukul" });
});

test("behind a trusted proxy the address is the one that the proxy has added", async () => {
  const proxied = await startTestServer({ env: { TRUST_PROXY: "1" } });
  try {
    const token = await proxied.token("ada");
    const twoLines = "198.51.100.1\r\nX-Forwarded-For: 203.0.113.9";
    const known = ["198.51.100.1, 203.0.113.9", " 203.0.113.9 ", twoLines];
    for (const header of [...known, "203.0.113.9, no-address", undefined]) {
      const headers: Record<string, string> = header === undefined ? {} : { "X-Forwarded-For": header };
      const peer = await RawSocket.upgrade(proxied.port, `/ws?token=${token}`, { headers });
      peer.say("ping", {});
      await peer.hear("pong");
    }
    const addresses = recordsOf(proxied, "connect").map(({ address }) => address);
    expect(addresses).toEqual(["203.0.113.9", "203.0.113.9", "203.0.113.9", "127.0.0.1", "127.0.0.1"]);
  } finally {
    await proxied.stop();
  }
});
