import { describe, expect, test } from "bun:test";
import { assets } from "../../src/console/assets.ts";
import { createHttpApp, type HttpParts } from "../../src/http/app.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

/** What docs/decisions.md and docs/http-api.md leave open to all; everything else is under `/v1` and takes a key. */
const OPEN = [
  ...["/ws/health", "/health/live", "/health/ready", "/metrics"],
  ...["/asyncapi.json", "/openapi.json", "/docs"],
  // The console; it shows nothing in production without a key.
  ...[...assets.keys(), "/console/settings.json"],
  // Not there in production: test/http/dev.test.ts.
  ...[
    "/dev/token",
    "/dev/metrics",
    "/dev/connections",
    "/dev/connections/:id",
    "/dev/cluster",
    "/dev/:protocol/events",
    "/dev/feed",
    "/examples",
  ],
];

/** Routes are made without looking at what answers them. */
const parts = new Proxy({} as HttpParts, { get: (_, key) => (key === "apiKeys" ? [] : () => {}) });
const routes = createHttpApp(parts)
  .routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"))
  .map(({ method, path }) => [method, path] as const);
const closed = routes.filter(([, path]) => path.startsWith("/v1"));

const server = stopAfterAll(await startTestServer());

test("every route is under /v1, or one of those that are open to all", () => {
  expect(closed.length).toBeGreaterThan(10);
  expect(routes.filter(([, path]) => !path.startsWith("/v1") && !OPEN.includes(path))).toEqual([]);
});

describe.each(closed)("%s %s", (method, route) => {
  const path = route.replace(":protocol", "gurukul").replace(":room", "chat:a").replace(/:\w+/g, "a");
  const ask = (query: string, headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${server.port}${path}${query}`, { method, headers });

  test.each([
    ["no key", "", {}],
    ["a wrong key", "", { authorization: "Bearer a-key-that-is-wrong" }],
    ["an empty key", "", { authorization: "Bearer " }],
    ["the key in the query", `?key=${API_KEY}&token=${API_KEY}`, {}],
    ["the key in the query by another name", `?api_key=${API_KEY}&access_token=${API_KEY}`, {}],
    ["the key in the query as a header", `?authorization=Bearer%20${API_KEY}`, {}],
    ["the key in a cookie", "", { cookie: `authorization=Bearer ${API_KEY}; api_key=${API_KEY}` }],
    ["the key as a password", "", { authorization: `Basic ${btoa(`:${API_KEY}`)}` }],
    ["the key in other headers", "", { "x-api-key": API_KEY, "proxy-authorization": `Bearer ${API_KEY}` }],
    ["two keys, of which one is right", "", { authorization: `Bearer wrong, Bearer ${API_KEY}` }],
  ])("opens to nobody with %s", async (_, query, headers) => {
    const answer = await ask(query, headers as Record<string, string>);
    expect(answer.status).toBe(401);
    expect(await answer.text()).not.toContain(API_KEY);
    // No page of another origin may read it, nor ask for it with what a browser adds by itself.
    expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("opens with the key", async () => {
    expect((await ask("", { authorization: `Bearer ${API_KEY}` })).status).not.toBe(401);
  });
});

test("and the keys are in no line of the log", () => {
  expect(server.lines.join("")).not.toContain(API_KEY);
});
