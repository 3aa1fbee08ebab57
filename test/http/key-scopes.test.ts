import { expect, test } from "bun:test";
import { parseApiKeys } from "../../src/auth/api-keys.ts";
import { protocols } from "../../src/protocols/all.ts";
import { builtProtocols } from "../support/built-protocols.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const KEYS = {
  all: "a-key-that-may-do-everything",
  reader: "reader-secret-16ch",
  diet: "diet-secret-of-16-ch",
  moderator: "moderator-secret-16",
};
const server = stopAfterAll(
  await startTestServer({
    env: {
      API_KEYS: [
        KEYS.all,
        `reader:${KEYS.reader}:read`,
        `xp:${KEYS.diet}:read|publish:diet`,
        `moderator:${KEYS.moderator}:admin:gurukul|diet`,
      ].join(","),
    },
  }),
);
const ask = (key: string, method: string, path: string, body?: unknown) =>
  fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const left = { room: "guild:a", type: "voice.left", data: { guildId: "a", channelId: null, userId: "u1" } };
const meal = {
  user: "mia",
  type: "meal.logged",
  data: {
    ...{ mealId: "m", userId: "mia", mealType: "lunch", mealName: "Soup", calories: 200 },
    loggedAt: "2026-03-02T07:45:00.000Z",
  },
};
await ask(KEYS.all, "POST", "/v1/discord/events", left);
await ask(KEYS.all, "POST", "/v1/diet/events", meal);

test.each([
  [KEYS.reader, "GET", "/v1/feed", undefined],
  [KEYS.reader, "GET", "/v1/connections", undefined],
  [KEYS.diet, "GET", "/v1/feed?protocol=diet", undefined],
  [KEYS.diet, "POST", "/v1/diet/events", meal],
  [KEYS.diet, "GET", "/v1/rooms/group:g/members", undefined],
  [KEYS.moderator, "PUT", "/v1/rooms/chat:a", {}],
  [KEYS.moderator, "GET", "/v1/rooms/chat:a", undefined],
  [KEYS.moderator, "POST", "/v1/diet/events", meal],
])("%s may %s %s", async (key, method, path, body) => {
  expect((await ask(key, method, path, body)).status).toBe(200);
});

test.each([
  [KEYS.reader, "POST", "/v1/diet/events", "The key reader lacks the scope publish; it has read"],
  [KEYS.reader, "PUT", "/v1/rooms/chat:a", "The key reader lacks the scope admin; it has read"],
  [KEYS.reader, "GET", "/v1/keys", "The key reader lacks the scope admin; it has read"],
  [KEYS.reader, "DELETE", "/v1/connections/a", "The key reader lacks the scope admin; it has read"],
  [KEYS.diet, "POST", "/v1/discord/events", "The key xp lacks the scope publish for discord; it is for diet"],
  [
    KEYS.diet,
    "GET",
    "/v1/rooms/chat:a/messages",
    "The key xp lacks the scope read for gurukul; it is for diet",
  ],
  [
    KEYS.diet,
    "GET",
    "/v1/rooms/chat%3Aa/messages",
    "The key xp lacks the scope read for gurukul; it is for diet",
  ],
  [KEYS.diet, "GET", "/v1/connections", "The key xp lacks the scope read for all contracts; it is for diet"],
  [KEYS.diet, "GET", "/v1/feed?protocol=gurukul", "The key lacks the scope read for gurukul; it is for diet"],
  [KEYS.diet, "GET", "/v1/feed?room=chat:c", "The key lacks the scope read for gurukul; it is for diet"],
  [
    KEYS.diet,
    "GET",
    "/v1/feed?room=group:g&room=guild:*",
    "The key lacks the scope read for discord; it is for diet",
  ],
  [
    KEYS.moderator,
    "PUT",
    "/v1/rooms/stream:a",
    "The key moderator lacks the scope admin for hyperfocus; it is for gurukul, diet",
  ],
  [
    KEYS.moderator,
    "GET",
    "/v1/keys",
    "The key moderator lacks the scope admin for all contracts; it is for gurukul, diet",
  ],
])("%s may not %s %s, and is told why", async (key, method, path, detail) => {
  const answer = await ask(key, method, path, method === "GET" || method === "DELETE" ? undefined : {});
  expect([answer.status, await answer.json()]).toEqual([403, expect.objectContaining({ detail })]);
});

test("a key for one contract hears nothing of the others", async () => {
  const answer = await (await ask(KEYS.diet, "GET", "/v1/feed")).json();
  const kinds = (answer as { events: { kind: string }[] }).events.map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(["meal.logged"]));
});

test("the keys are listed without their secrets", async () => {
  const text = await (await ask(KEYS.all, "GET", "/v1/keys")).text();
  expect(JSON.parse(text)).toEqual({
    keys: [
      { name: "key-1", scopes: ["publish", "read", "admin"], protocols: null },
      { name: "reader", scopes: ["read"], protocols: null },
      { name: "xp", scopes: ["read", "publish"], protocols: ["diet"] },
      { name: "moderator", scopes: ["admin"], protocols: ["gurukul", "diet"] },
    ],
  });
  for (const secret of Object.values(KEYS)) expect(text).not.toContain(secret);
});

test.each([
  ["xp:5b1f0c1de2a84f6f:raed", /scope that is none of/],
  ["xp:short:read", /fewer than 16/],
  ["x p:5b1f0c1de2a84f6f:read", /no name/],
  ["xp:5b1f0c1de2a84f6f:read:", /names no contract/],
])("%s is refused at the start", (text, message) => {
  expect(() => parseApiKeys([text])).toThrow(message);
});

test("a secret alone is what it was", () => {
  for (const secret of ["0123456789abcdef", "a:colon-in-a-secret", "a:b:c:d:five-parts-of-it"]) {
    expect(parseApiKeys([secret])).toEqual([
      { name: "key-1", secret, scopes: undefined, protocols: undefined },
    ]);
  }
});

test.each([
  [
    "a contract that does not exist",
    "xp:5b1f0c1de2a84f6f:read:diet|nope",
    "has a contract that is none of gurukul,",
  ],
  [
    "two keys with one secret",
    "xp:5b1f0c1de2a84f6f:read,ops:5b1f0c1de2a84f6f:admin",
    "xp and ops have the same secret",
  ],
])("the server does not start with %s", async (_, API_KEYS, message) => {
  expect(startTestServer({ env: { API_KEYS } })).rejects.toThrow(message);
});

test("the contracts that a key may name are the names of the contracts", () => {
  expect(Object.keys(protocols)).toEqual(builtProtocols().map(({ name }) => name));
});
