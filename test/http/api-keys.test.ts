import { expect, test } from "bun:test";
import { expectProblem } from "../support/problem.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const KEYS = ["the-first-key-of-a-backend", "the-second-key-of-a-backend"] as const;

const server = stopAfterAll(await startTestServer({ env: { API_KEYS: ` ${KEYS.join(" , ")} ` } }));

const ask = (authorization?: string, path = "/v1/connections", method = "GET") =>
  fetch(`http://127.0.0.1:${server.port}${path}`, {
    method,
    headers: authorization === undefined ? {} : { authorization },
  });

test("each of several keys opens", async () => {
  for (const key of KEYS) {
    expect((await ask(`Bearer ${key}`)).status).toBe(200);
    expect((await ask(`bearer  ${key}`)).status).toBe(200);
  }
});

test("a request without a key is told what is missing", async () => {
  const answer = await ask();
  expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  await expectProblem(answer, 401);
});

test.each([
  "",
  "Bearer",
  "Bearer another-key-of-a-backend",
  `Bearer ${KEYS[0]}x`,
  `Bearer ${KEYS[0].slice(0, -1)}`,
  `Bearer ${KEYS[0].toUpperCase()}`,
  `Bearer ${KEYS.join(",")}`,
  `Bearer ${KEYS.join(" ")}`,
  `Basic ${KEYS[0]}`,
  KEYS[0],
])("%p opens nothing", async (authorization) => {
  await expectProblem(await ask(authorization), 401);
});

test("a token of a user is no key", async () => {
  await expectProblem(await ask(`Bearer ${await server.token("ada", { roles: ["admin"] })}`), 401);
});

test("without a key nobody learns what there is under /v1, however it is written", async () => {
  for (const path of [
    "/v1",
    "/v1/",
    "/v1/nothing",
    "/v1/rooms/chat:a",
    "/%761/rooms/chat:a",
    "//v1/rooms",
    "/v1/../v1/x",
  ]) {
    for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      expect([path, method, (await ask(undefined, path, method)).status]).toEqual([path, method, 401]);
    }
  }
});

test("a wrong key is neither logged nor sent back", async () => {
  const answer = await ask("Bearer a-key-that-is-wrong");
  expect(await answer.text()).not.toContain("a-key-that-is-wrong");
  expect(server.lines.join("")).not.toContain("a-key-that-is-wrong");
});
