import { describe, expect, test } from "bun:test";
import { networkInterfaces } from "node:os";
import { makeKey, serveKeys } from "../auth/jwks-server.ts";
import { expectProblem } from "../support/problem.ts";
import { API_KEY, SECRET, startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

const ask = (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  at = server,
) =>
  fetch(`http://127.0.0.1:${at.port}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
const event = {
  room: "guild:1",
  type: "voice.left",
  data: { guildId: "1", channelId: null, userId: "u1" },
};

describe("POST /dev/token", () => {
  test("makes a token that opens everything, where no rooms are named", async () => {
    const answer = await ask("POST", "/dev/token", { user: "ada", name: "Ada" });
    expect(answer.status).toBe(200);
    const { token }: { token: string } = (await answer.json()) as { token: string };
    const ada = await server.connect(`/api/chat/ws?contextId=c1&token=${token}`);
    expect((await ada.next("connected"))["data"]).toEqual({ userId: "ada", contextId: "c1" });
    ada.send({ type: "message", data: { content: "hello" } });
    expect((await ada.next("message"))["data"].author).toBe("Ada");
  });

  test("makes a token of these rooms and no other", async () => {
    const answer = await ask("POST", "/dev/token", { user: "ada", rooms: ["chat:a"] });
    const { token }: { token: string } = (await answer.json()) as { token: string };
    const ada = await server.connect(`/ws?token=${token}`);
    await ada.join("a");
    ada.say("chat_update", { action: "join", chatId: "b" });
    expect((await ada.next("error"))["data"].code).toBe(403);
  });

  test.each([
    [{}, ["user"]],
    [{ user: "" }, ["user"]],
    [{ user: "a b" }, ["user"]],
    [{ user: "ada", rooms: "chat:a" }, ["rooms"]],
    [{ user: "ada", roles: [1] }, ["roles.0"]],
    [{ user: "ada", rooms: ["x".repeat(300)] }, ["rooms"]],
  ])("%j is told what is wrong with it", async (body, paths) => {
    await expectProblem(await ask("POST", "/dev/token", body), 400, paths);
  });

  test("is not there where tokens come from elsewhere", async () => {
    const keys = serveKeys([(await makeKey("ES256")).published]);
    const elsewhere = await startTestServer({ env: { JWT_SECRET: "", JWT_JWKS_URL: keys.url } });
    await expectProblem(await ask("POST", "/dev/token", { user: "ada" }, {}, elsewhere), 404);
    await elsewhere.stop();
    keys.stop();
  });
});

test("outside production the page needs no key for metrics, connections and events", async () => {
  expect(await (await ask("GET", "/dev/metrics")).json()).toMatchObject({ errorRate: expect.any(Number) });
  expect(await (await ask("GET", "/dev/connections")).json()).toMatchObject({ hasMore: false });
  expect(await (await ask("POST", "/dev/discord/events", event)).json()).toMatchObject({ accepted: 1 });
  await expectProblem(await ask("POST", "/dev/nothing/events", event), 404);
});

test("a page of another site gets nothing of it done, the server's own does", async () => {
  const from = (origin: string) => ask("POST", "/dev/discord/events", event, { origin });
  for (const origin of [
    "https://evil.example",
    "null",
    "http://127.0.0.1",
    `http://localhost:${server.port}`,
  ]) {
    await expectProblem(await from(origin), 403);
    await expectProblem(await ask("POST", "/dev/token", { user: "ada" }, { origin }), 403);
  }
  expect((await from(`http://127.0.0.1:${server.port}`)).status).toBe(200);
});

describe("outside production it answers only who is at this machine:", () => {
  const status = async (at: typeof server, headers: Record<string, string>) => {
    const answer = await ask("POST", "/dev/token", { user: "root" }, headers, at);
    const page = await fetch(`http://127.0.0.1:${at.port}/console/settings.json`, { headers });
    const { makesTokens } = (await page.json()) as { makesTokens: boolean };
    expect(makesTokens).toBe(answer.status === 200);
    return answer.status;
  };
  const REMOTE: Record<string, string>[] = [
    { "x-forwarded-for": "203.0.113.7" },
    { forwarded: "for=203.0.113.7" },
    { via: "1.1 proxy" },
    { "x-real-ip": "203.0.113.7" },
    { host: "chat.example" },
    { host: "203.0.113.7:3001" },
  ];

  test("not what came through a proxy or by another name", async () => {
    for (const headers of REMOTE) expect([headers, await status(server, headers)]).toEqual([headers, 403]);
    for (const headers of [{}, { host: "localhost" }, { host: "127.0.0.2:80" }])
      expect([headers, await status(server, headers)]).toEqual([headers, 200]);
  });

  test("nobody where TRUST_PROXY says that all come through one; everybody with DEV=1", async () => {
    const proxied = await startTestServer({ env: { TRUST_PROXY: "on" } });
    expect(await status(proxied, {})).toBe(403);
    await proxied.stop();
    const open = await startTestServer({ env: { DEV: "1" } });
    for (const headers of REMOTE) expect([headers, await status(open, headers)]).toEqual([headers, 200]);
    await open.stop();
  });

  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === "IPv4" && !one.internal)?.address;
  test.skipIf(!own)("not from another address, no matter which Host it names", async () => {
    const wide = await startTestServer({ env: { HOST: "0.0.0.0" } });
    const answer = await fetch(`http://${own}:${wide.port}/dev/token`, {
      method: "POST",
      headers: { host: "localhost" },
      body: JSON.stringify({ user: "root" }),
    });
    await expectProblem(answer, 403);
    await wide.stop();
  });
});

test("none of it is there in production, with a key or without", async () => {
  const env = { NODE_ENV: "production", JWT_SECRET: SECRET, API_KEYS: API_KEY };
  const production = await startTestServer({ env });
  const headers = { authorization: `Bearer ${API_KEY}` };
  for (const [method, path, body] of [
    ["POST", "/dev/token", { user: "ada" }],
    ["GET", "/dev/metrics"],
    ["GET", "/dev/connections"],
    ["POST", "/dev/discord/events", event],
  ] as const) {
    await expectProblem(await ask(method, path, body, {}, production), 404);
    await expectProblem(await ask(method, path, body, headers, production), 404);
  }
  await production.stop();
});
