import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import {
  ANALYTICS,
  CHAT,
  COLLABORATION,
  drain,
  enter,
  post,
  ROOM,
  say,
  subscribe,
  values,
} from "./clients.ts";

let clock: FakeClock;
let server: TestServer;
beforeEach(async () => {
  clock = new FakeClock(Date.UTC(2024, 0, 1));
  server = await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "86400000" } });
});
afterEach(() => server.stop());
const restart = async () => {
  server = await server.restart();
};

async function close(client: TestClient): Promise<void> {
  client.close();
  await client.closed;
}
/** Sends a number of messages, one after another. */
async function chatter(client: TestClient, many: number): Promise<void> {
  for (let n = 0; n < many; n++) say(client, `${n}`);
  await drain(client);
}
/** What is told of a metric while time passes. */
async function told(client: TestClient, metric: string, ms: number): Promise<unknown[]> {
  clock.advance(ms);
  return values(await drain(client), metric);
}

describe("activity", () => {
  let speaker: TestClient;
  let dashboard: TestClient;
  beforeEach(async () => {
    speaker = await enter(server, CHAT, "ada");
    dashboard = await enter(server, ANALYTICS, "bob");
  });

  test("counts the messages of the last minute, those of backends too", async () => {
    await chatter(speaker, 2);
    expect(await subscribe(dashboard, "activity")).toEqual([2]);
    await post(server, { room: ROOM, type: "message", data: { content: "Hello", author: "School" } });
    expect(values(await drain(dashboard), "activity")).toEqual([3]);
  });

  test("goes down as messages grow older than a minute", async () => {
    await chatter(speaker, 1);
    clock.advance(10_000);
    await chatter(speaker, 2);
    expect(await subscribe(dashboard, "activity")).toEqual([3]);
    expect(await told(dashboard, "activity", 49_998)).toEqual([]);
    expect(await told(dashboard, "activity", 2)).toEqual([2]);
    expect(await told(dashboard, "activity", 9_000)).toEqual([]);
    expect((await told(dashboard, "activity", 2_000)).at(-1)).toBe(0);
    expect(await told(dashboard, "activity", 600_000)).toEqual([]);
  });

  test("is told at most twice a second, however busy the chat, and the last value always", async () => {
    await subscribe(dashboard, "activity");
    const all: unknown[] = [];
    for (let tenth = 0; tenth < 50; tenth++) {
      await chatter(speaker, 5);
      all.push(...(await told(dashboard, "activity", 100)));
    }
    expect(all.length).toBeWithin(8, 12);
    all.push(...(await told(dashboard, "activity", 500)));
    expect(all).toEqual([...new Set(all)].sort((a, b) => Number(a) - Number(b)));
    expect(all.at(-1)).toBe(250);
    const fading: unknown[] = [];
    for (let second = 0; second < 70; second++) fading.push(...(await told(dashboard, "activity", 1_000)));
    expect(fading.length).toBeWithin(8, 14);
    expect(fading).toEqual([...new Set(fading)].sort((a, b) => Number(b) - Number(a)));
    expect(fading.at(-1)).toBe(0);
  });

  test("knows what was said before anybody asked, and before a restart", async () => {
    await chatter(speaker, 150);
    clock.advance(59_000);
    await chatter(speaker, 120);
    expect(await subscribe(dashboard, "activity")).toEqual([270]);
    await restart();
    dashboard = await enter(server, ANALYTICS, "bob");
    expect(await subscribe(dashboard, "activity")).toEqual([270]);
    expect((await told(dashboard, "activity", 2_000)).at(-1)).toBe(120);
    clock.advance(60_000);
    expect(await subscribe(await enter(server, ANALYTICS, "bob"), "activity")).toEqual([0]);
  });

  test("is of each context alone, and counts neither typing nor what is refused, nor metrics", async () => {
    const other = await enter(server, ANALYTICS, "bob", { contextId: "other" });
    await subscribe(dashboard, "activity");
    await subscribe(other, "activity");
    speaker.send({ type: "typing", data: { isTyping: true } });
    speaker.send({ type: "message", data: { content: "" } });
    const metric = { metric: "performance", value: 1 };
    await post(server, { room: ROOM, type: "metric_update", data: metric, id: "p-1" });
    await chatter(speaker, 1);
    expect(await told(dashboard, "activity", 1_000)).toEqual([1]);
    expect(await told(other, "activity", 1_000)).toEqual([]);
  });

  test("is told to nobody who has unsubscribed, and goes on for the rest", async () => {
    const another = await enter(server, ANALYTICS, "cyd");
    await subscribe(dashboard, "activity");
    await subscribe(another, "activity");
    dashboard.send({ type: "unsubscribe", data: { metrics: ["activity"] } });
    await drain(dashboard);
    await chatter(speaker, 1);
    expect(await told(another, "activity", 1_000)).toEqual([1]);
    expect(await drain(dashboard)).toEqual([]);
    await close(another);
    await chatter(speaker, 1);
    clock.advance(1_000);
    expect(await subscribe(dashboard, "activity")).toEqual([2]);
  });
});

describe("engagement", () => {
  const member = (userId: string, method = "PUT") =>
    server.http(method, `/v1/rooms/${ROOM}/members/${userId}`);

  test("is the share of the members that a backend named who are in the context now", async () => {
    for (const userId of ["ada", "bob", "cyd", "dan"]) await member(userId);
    const dashboard = await enter(server, ANALYTICS, "teacher");
    expect(await subscribe(dashboard, "engagement")).toEqual([0]);
    const ada = await enter(server, CHAT, "ada");
    expect(await told(dashboard, "engagement", 500)).toEqual([0.25]);
    const bob = await enter(server, ANALYTICS, "bob");
    expect(await told(dashboard, "engagement", 500)).toEqual([0.5]);
    await close(ada);
    await close(bob);
    expect((await told(dashboard, "engagement", 1_000)).at(-1)).toBe(0);
  });

  test("counts users, not connections", async () => {
    for (const userId of ["ada", "bob"]) await member(userId);
    const dashboard = await enter(server, ANALYTICS, "teacher");
    await subscribe(dashboard, "engagement");
    const [laptop, phone] = [await enter(server, CHAT, "ada"), await enter(server, ANALYTICS, "ada")];
    expect(await told(dashboard, "engagement", 500)).toEqual([0.5]);
    await close(laptop);
    expect(await told(dashboard, "engagement", 500)).toEqual([]);
    await close(phone);
    expect(await told(dashboard, "engagement", 500)).toEqual([0]);
  });

  test("changes when a backend makes and unmakes members, be they there or not", async () => {
    await member("ada");
    await enter(server, CHAT, "ada");
    const dashboard = await enter(server, ANALYTICS, "teacher");
    expect(await subscribe(dashboard, "engagement")).toEqual([1]);
    await member("bob");
    expect(await told(dashboard, "engagement", 500)).toEqual([0.5]);
    await member("teacher");
    expect((await told(dashboard, "engagement", 500))[0]).toBeCloseTo(2 / 3);
    await member("bob", "DELETE");
    expect(await told(dashboard, "engagement", 500)).toEqual([1]);
  });

  test("is the share of all who were ever in it, where nobody named any, after a restart too", async () => {
    const dashboard = await enter(server, ANALYTICS, "ada");
    expect(await subscribe(dashboard, "engagement")).toEqual([1]);
    const bob = await enter(server, CHAT, "bob");
    await enter(server, COLLABORATION, "eve");
    const cyd = await enter(server, CHAT, "cyd");
    expect(await told(dashboard, "engagement", 500)).toEqual([]);
    await close(bob);
    expect((await told(dashboard, "engagement", 500))[0]).toBeCloseTo(2 / 3);
    await close(cyd);
    expect((await told(dashboard, "engagement", 500))[0]).toBeCloseTo(1 / 3);
    await restart();
    const again = await enter(server, ANALYTICS, "dan");
    expect(await subscribe(again, "engagement")).toEqual([0.25]);
  });

  test("is told at most twice a second, however many come and go", async () => {
    for (let n = 0; n < 100; n++) await member(`u-${n}`);
    const dashboard = await enter(server, ANALYTICS, "teacher");
    await subscribe(dashboard, "engagement");
    const all: unknown[] = [];
    for (let n = 0; n < 20; n++) {
      await enter(server, CHAT, `u-${n}`);
      all.push(...(await told(dashboard, "engagement", 100)));
    }
    expect(all.length).toBeWithin(3, 6);
    expect((await told(dashboard, "engagement", 500)).at(-1) ?? all.at(-1)).toBe(0.2);
  });
});
