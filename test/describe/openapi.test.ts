import { describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020";
import { z } from "zod";
import { examplesOf } from "../../src/describe/schema.ts";
import { createHttpApp, type HttpParts } from "../../src/http/app.ts";
import { builtProtocols } from "../support/built-protocols.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const content = z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()).optional() }));
const operation = z.object({
  parameters: z.array(z.object({ name: z.string(), schema: z.record(z.string(), z.unknown()) })).default([]),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ content: content.optional() })),
  security: z.array(z.unknown()),
});
const document = z.object({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});

const server = stopAfterAll(await startTestServer());
const raw = z
  .record(z.string(), z.unknown())
  .parse(await (await fetch(`http://127.0.0.1:${server.port}/openapi.json`)).json());
const served = document.parse(raw);

/** `GET /v1/rooms/{room}` */
const described = () =>
  Object.entries(served.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );

test("the document is valid OpenAPI 3.1, to anybody", async () => {
  expect(await new Validator().validate(structuredClone(raw))).toEqual({ valid: true });
  expect(raw["openapi"]).toMatch(/^3\.1\./);
});

test("the routes that the server has are those that are described", () => {
  const { routes } = createHttpApp({ apiKeys: [], console: { production: true } } as unknown as HttpParts);
  const real = routes
    .filter(({ method }) => method !== "ALL")
    // The page is for people.
    .filter(({ path }) => path !== "/" && !path.startsWith("/console/"))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  expect(real.length).toBeGreaterThan(15);
  expect(described().sort()).toEqual(real.sort());
});

const event = {
  room: "guild:1",
  type: "voice.left",
  data: { guildId: "1", channelId: null, userId: "u1" },
};

const posted = {
  room: "context:1",
  type: "message",
  data: { id: "m-1", content: "Hello", author: "School" },
};

const meal = {
  user: "mia",
  type: "meal.logged",
  data: {
    mealId: "m1",
    userId: "mia",
    mealType: "lunch",
    mealName: "Soup",
    calories: 200,
    loggedAt: "2026-03-02T07:45:00Z",
  },
};

/** One request at least for each route, in an order in which all of them find what they ask for. */
const requests: readonly [route: string, path: string, status: number, body?: unknown][] = [
  ["PUT /v1/rooms/{room}", "/v1/rooms/chat:1", 200, { title: "First", open: true }],
  ["PUT /v1/rooms/{room}", "/v1/rooms/chat:1", 400, { title: 1 }],
  ["PUT /v1/rooms/{room}", "/v1/rooms/nothing:1", 404, {}],
  ["PUT /v1/rooms/{room}", "/v1/rooms/chat:1", 413, { title: "x".repeat(5_000_000) }],
  ["GET /v1/rooms", "/v1/rooms?limit=1&kind=chat", 200],
  ["GET /v1/rooms", "/v1/rooms?kind=nothing", 400],
  ["GET /v1/rooms/{room}", "/v1/rooms/chat:1", 200],
  ["GET /v1/rooms/{room}", "/v1/rooms/chat:2", 404],
  ["PUT /v1/rooms/{room}/members/{userId}", "/v1/rooms/chat:1/members/u1", 200],
  ["PUT /v1/rooms/{room}/members/{userId}", "/v1/rooms/chat:1/members/u2", 200, { role: "admin" }],
  ["GET /v1/rooms/{room}/members", "/v1/rooms/chat:1/members?limit=1", 200],
  ["DELETE /v1/rooms/{room}/members/{userId}", "/v1/rooms/chat:1/members/u2", 204],
  ["POST /v1/{protocol}/events", "/v1/discord/events", 200, event],
  ["POST /v1/{protocol}/events", "/v1/discord/events", 200, [event, { ...event, id: "e-1" }]],
  ["POST /v1/{protocol}/events", "/v1/discord/events", 400, []],
  ["POST /v1/{protocol}/events", "/v1/nothing/events", 404, event],
  ["GET /v1/keys", "/v1/keys", 200],
  ["PUT /v1/webhooks/{name}", "/v1/webhooks/xp", 400, { url: 1 }],
  ["PUT /v1/webhooks/{name}", "/v1/webhooks/xp", 200, { url: "http://127.0.0.1:1/hook", kinds: ["nothing"] }],
  ["GET /v1/webhooks", "/v1/webhooks", 200],
  ["GET /v1/webhooks/{name}", "/v1/webhooks/xp", 200],
  ["GET /v1/webhooks/{name}", "/v1/webhooks/nothing", 404],
  ["POST /v1/webhooks/{name}/test", "/v1/webhooks/xp/test", 200],
  ["POST /v1/webhooks/{name}/skip", "/v1/webhooks/xp/skip", 409, {}],
  ["POST /v1/webhooks/{name}/skip", "/v1/webhooks/xp/skip", 200, { to: "now" }],
  ["DELETE /v1/webhooks/{name}", "/v1/webhooks/xp", 204],
  ["GET /v1/feed", "/v1/feed", 200],
  ["GET /v1/feed", "/v1/feed?limit=1&room=guild:*&kind=voice.left&protocol=discord", 200],
  ["GET /v1/feed", "/v1/feed?after=yesterday", 400],
  ["GET /v1/rooms/{room}/messages", "/v1/rooms/chat:1/messages", 200],
  ["GET /v1/rooms/{room}/messages", "/v1/rooms/chat:1/messages?limit=0", 400],
  ["POST /v1/{protocol}/events", "/v1/atomic/events", 200, posted],
  ["DELETE /v1/rooms/{room}/messages/{id}", "/v1/rooms/context:1/messages/m-1", 204],
  ["DELETE /v1/rooms/{room}/messages/{id}", "/v1/rooms/context:1/messages/m-2", 404],
  ["POST /v1/{protocol}/events", "/v1/diet/events", 200, meal],
  ["DELETE /v1/rooms/{room}/messages/{id}", "/v1/rooms/diet-user:mia/messages/diet-user:mia%2F1", 204],
  ["DELETE /v1/rooms/{room}", "/v1/rooms/chat:1", 204],
  ["GET /v1/users/{id}", "/v1/users/ada", 200],
  ["GET /v1/users/{id}", "/v1/users/nobody", 404],
  ["GET /v1/connections", "/v1/connections", 200],
  ["GET /v1/connections", "/v1/connections?after=x", 400],
  ["DELETE /v1/connections/{id}", "/v1/connections/{id}", 204],
  ["DELETE /v1/connections/{id}", "/v1/connections/nothing", 404],
  ["DELETE /v1/users/{id}/connections", "/v1/users/ada/connections", 200],
  ["GET /v1/users/{id}/export", "/v1/users/ada/export", 200],
  ["GET /v1/users/{id}/export", "/v1/users/*/export", 400],
  ["GET /v1/users/{id}/erasure", "/v1/users/ada/erasure", 404],
  ["DELETE /v1/users/{id}", "/v1/users/*", 400],
  ["DELETE /v1/users/{id}", "/v1/users/ada", 202],
  ["GET /v1/users/{id}/erasure", "/v1/users/ada/erasure", 200],
  ["GET /v1/erasures", "/v1/erasures?limit=1", 200],
  ["GET /v1/erasures", "/v1/erasures?limit=0", 400],
  ["GET /v1/cluster", "/v1/cluster", 404],
  ["GET /v1/errors", "/v1/errors", 200],
  ["GET /v1/metrics", "/v1/metrics", 200],
  ["GET /metrics", "/metrics", 200],
  ["GET /ws/health", "/ws/health", 200],
  ["GET /health/live", "/health/live", 200],
  ["GET /health/ready", "/health/ready", 200],
  ["GET /asyncapi.json", "/asyncapi.json", 200],
  ["GET /openapi.json", "/openapi.json", 200],
  ["GET /docs", "/docs", 200],
];

test("what the server answers is what is described, for every route", async () => {
  await server.chat("ada");
  for (const [route, at, status, body] of requests) {
    const [method = "", path = ""] = route.split(" ");
    const list = await (await server.http("GET", "/v1/connections")).json();
    const [first] = z.object({ connections: z.array(z.object({ id: z.string() })) }).parse(list).connections;
    const answer = await server.http(method, at.replace("{id}", first?.id ?? ""), body);
    expect([route, answer.status]).toEqual([route, status]);
    const { parameters = [], responses = {} } = served.paths[path]?.[method.toLowerCase()] ?? {};
    const response = responses[status];
    // What is answered as asked is what may be asked.
    for (const [index, name] of status < 300 ? path.split("/").entries() : []) {
      const parameter = parameters.find((one) => name === `{${one.name}}`);
      const value = decodeURIComponent(at.split(/[/?]/)[index] ?? "");
      if (parameter) expect([route, value, errors(parameter.schema, value)]).toEqual([route, value, []]);
    }
    const type = answer.headers.get("content-type")?.split(";")[0];
    expect([route, status, Object.keys(response?.content ?? {})]).toEqual([
      route,
      status,
      type ? [type] : [],
    ]);
    const schema = response?.content?.[type ?? ""]?.schema;
    if (schema) expect([route, errors(schema, await answer.json())]).toEqual([route, []]);
  }
  const asked = requests.filter(([, , status]) => status < 300).map(([route]) => route);
  // Only one of several nodes has it: test/cluster/presence.test.ts.
  const ofOne = described().filter((route) => route !== "GET /v1/cluster");
  expect([...new Set(asked)].sort()).toEqual(ofOne.sort());
});

test("who asks for what is for backends needs a key, and is answered by a problem", async () => {
  for (const [path, operations] of Object.entries(served.paths)) {
    for (const [method, { security, responses }] of Object.entries(operations)) {
      const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: method.toUpperCase() });
      expect([path, answer.status === 401]).toEqual([path, security.length > 0]);
      if (security.length === 0) continue;
      const schema = responses["401"]?.content?.["application/problem+json"]?.schema;
      expect(errors(schema ?? {}, await answer.json())).toEqual([]);
    }
  }
});

describe("an event that backends may post", () => {
  const all = builtProtocols().flatMap((protocol) =>
    Object.keys(protocol.posts).map((type) => [protocol.name, type, protocol.events[type]] as const),
  );
  test.each(all)("%s %s has its schema, which takes the event's example", (name, type, schema: z.ZodType) => {
    const found = served.components.schemas[`${name}.${type.replace(/[^\w.-]/g, "_")}`];
    expect(found).toBeDefined();
    const examples = examplesOf(schema).map((data) => ({ type, data }));
    expect(found?.["examples"]).toEqual(examples);
    expect(examples.flatMap((example) => errors(found ?? {}, example))).toEqual([]);
  });
});

/** What of this is not as the schema has it. */
function errors(schema: object, value: unknown): unknown[] {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const { components } = raw;
  ajv.validate({ ...schema, components }, value);
  return ajv.errors ?? [];
}
