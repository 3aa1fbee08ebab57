import { expect, test } from "bun:test";
import { withSecurityHeaders } from "../../src/http/headers.ts";
import { RawSocket, upgradeRequest } from "../support/raw-socket.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer({ env: { ALLOWED_ORIGINS: "https://here.example" } }));

const get = (path: string, key = "") =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n\r\n`;

test.each([
  ["health", get("/health/live"), 200],
  ["metrics", get("/metrics"), 200],
  ["an answer to a backend", get("/v1/connections", API_KEY), 200],
  ["an answer to nobody's backend", get("/v1/connections"), 401],
  ["a wrong parameter", get("/v1/errors?limit=x", API_KEY), 400],
  ["a page that is none", get("/nothing"), 404],
  ["no upgrade", get("/ws"), 426],
  ["a Host that is none", get("/ws").replace("localhost", "%%%"), 400],
  ["a page from elsewhere", upgradeRequest("/ws", { Origin: "https://evil.example" }), 403],
  ["a subprotocol nobody knows", upgradeRequest("/ws", { "Sec-WebSocket-Protocol": "x" }), 400],
])("%s has the security headers, and says nothing of what serves it", async (_, request, status) => {
  const peer = await RawSocket.ask(server.port, request);
  expect(peer.status).toBe(status);
  const [, ...lines] = peer.head.toLowerCase().split("\r\n");
  for (const line of [
    "x-content-type-options: nosniff",
    "referrer-policy: no-referrer",
    "content-security-policy: default-src 'none'; frame-ancestors 'none'",
  ]) {
    expect(lines.filter((found) => found === line)).toHaveLength(1);
  }
  expect(peer.head).not.toMatch(/^(server|x-powered-by):|bun|hono/im);
  peer.destroy();
});

test("a page keeps the policy that it sets itself", () => {
  const page = new Response("", { headers: { "Content-Security-Policy": "default-src 'self'" } });
  const { headers } = withSecurityHeaders(page);
  expect(headers.get("content-security-policy")).toBe("default-src 'self'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});

test("HEAD gets the headers of GET, with the length of its body, and no body", async () => {
  const length = (head: string) => /^content-length: (\d+)$/im.exec(head)?.[1];
  for (const path of ["/health/live", "/openapi.json", "/console/settings.json", "/v1/keys", "/v1/nothing"]) {
    const whole = await RawSocket.ask(server.port, get(path, API_KEY));
    const peer = await RawSocket.ask(server.port, get(path, API_KEY).replace("GET", "HEAD"));
    expect([path, peer.status, length(peer.head)]).toEqual([path, whole.status, length(whole.head)]);
    expect(Number(length(peer.head))).toBeGreaterThan(0);
    for (const one of [peer, whole]) one.destroy();
  }
  const stream = await fetch(`http://127.0.0.1:${server.port}/v1/feed`, {
    method: "HEAD",
    headers: { authorization: `Bearer ${API_KEY}`, accept: "text/event-stream" },
  });
  expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  expect(await stream.text()).toBe("");
});
