import { expect, test } from "bun:test";
import { health, whyNotReady } from "../../src/http/health.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const clock = new FakeClock();
const server = stopAfterAll(await startTestServer({ clock }));

/** Open to all: asked without a key. */
const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
const wsHealth = async (): Promise<unknown> => (await ask("/ws/health")).json();

test("/ws/health has the contract's shape, and counts connections and chats that are joined", async () => {
  expect((await ask("/ws/health")).status).toBe(200);
  expect(await wsHealth()).toEqual({ status: "healthy", connections: 0, activeChats: 0, uptime: 0 });
  const [ada, bob] = [await server.chat("ada"), await server.chat("bob")];
  await Promise.all([ada.join("c-1"), bob.join("c-1")]);
  await ada.join("c-2");
  clock.advance(2_500);
  expect(await wsHealth()).toEqual({ status: "healthy", connections: 2, activeChats: 2, uptime: 2.5 });
  ada.say("chat_update", { action: "leave", chatId: "c-2" });
  await ada.drain();
  expect(await wsHealth()).toMatchObject({ connections: 2, activeChats: 1 });
  for (const client of [ada, bob]) client.close();
  await eventually(async () => (await (await ask("/ws/health")).text()).includes('"connections":0'));
  expect(await wsHealth()).toMatchObject({ activeChats: 0 });
});

test("/health/live and /health/ready say that all is well", async () => {
  const live = await ask("/health/live");
  expect([live.status, await live.json()]).toEqual([200, { status: "live" }]);
  const ready = await ask("/health/ready");
  expect([ready.status, await ready.json()]).toEqual([200, { status: "ready" }]);
});

test("a server that is still starting is not ready, and says so", async () => {
  const condition = {
    connections: 0,
    activeChats: 0,
    uptime: 0,
    fault: whyNotReady("starting", true, undefined),
  };
  const answer = await health(() => condition).request("/health/ready");
  expect([answer.status, await answer.json()]).toEqual([
    503,
    { status: "not ready", reason: "the server is starting" },
  ]);
});

test("health answers HEAD too, as load balancers ask", async () => {
  for (const path of ["/ws/health", "/health/live", "/health/ready"]) {
    const answer = await ask(path, { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
  }
});
