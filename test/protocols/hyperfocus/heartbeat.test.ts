import { afterEach, expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { startTestServer, type TestServer } from "../../support/server.ts";
import { ack, dial, drain, frame, init, viewer } from "./frames.ts";

let server: TestServer;
afterEach(() => server.stop());

const pong = (sequence: number, stats: Frame): Frame =>
  frame("heartbeat:pong", { timestamp: "2025-10-28T23:59:59.999Z", sequence, stats });
const sequences = (client: TestClient): number[] =>
  client.frames.filter(({ type }) => type === "heartbeat:ping").map(({ payload }) => payload.sequence);
const connections = async (): Promise<Frame[]> =>
  ((await (await server.http("GET", "/v1/connections")).json()) as Frame)["connections"];

test("each connection is pinged once an interval, in its own sequence, from connection:init on", async () => {
  const clock = new FakeClock();
  server = await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "10000" } });
  const first = await viewer(server, "first");
  const silent = await dial(server);
  for (let n = 1; n <= 3; n++) {
    clock.advance(10_000);
    await drain(first);
    expect(sequences(first)).toEqual([1, 2, 3].slice(0, n));
    await drain(silent);
    expect(sequences(silent)).toEqual([]);
  }
  silent.send(init("viewer", "late"));
  await silent.next("stream:status");
  silent.send(init("viewer", "late"));
  await silent.next("stream:status");
  clock.advance(10_000);
  await drain(silent);
  expect(sequences(silent)).toEqual([1]);
});

test("who answers no heartbeat is closed, though the WebSocket library answers its pings", async () => {
  const clock = new FakeClock();
  server = await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "10000" } });
  const answering = await viewer(server, "answering");
  const quiet = await viewer(server, "quiet");
  for (let n = 1; n <= 4; n++) {
    clock.advance(10_000);
    await quiet.next("heartbeat:ping");
    answering.send(pong(n, { latency: 1, memory: 1, queueSize: 0 }));
    await drain(answering);
    // Its library has answered; that it cannot be read counts as no answer.
    quiet.send("no JSON");
    await quiet.next("error");
  }
  clock.advance(10_000);
  expect(await quiet.closed).toEqual({ code: 1008, reason: "Heartbeat timeout" });
  await drain(answering);
  expect(sequences(answering)).toEqual([1, 2, 3, 4, 5]);
});

test("pings go on when the clock is set back", async () => {
  const clock = new FakeClock();
  server = await startTestServer({ clock, env: { HEARTBEAT_INTERVAL_MS: "10000" } });
  const client = await viewer(server, "patient");
  clock.advance(10_000);
  clock.set(-3_600_000);
  clock.advance(10_000);
  await drain(client);
  expect(sequences(client).length).toBeGreaterThan(1);
});

test("operators see what each connection said last of itself", async () => {
  server = await startTestServer();
  const client = await viewer(server, "seen");
  await viewer(server, "quiet");
  client.send(pong(1, { latency: 9, memory: 1, queueSize: 2 }));
  client.send(pong(2, { latency: 12.5, memory: 80, queueSize: 3 }));
  client.send(ack("unknown", { rendered: false, error: "secret words" }));
  const failure = { code: "X", message: "secret words", details: 1, retryable: true, retryAfter: 5 };
  client.send(frame("error", failure));
  await drain(client);
  const [seen, quiet] = await connections();
  expect(seen).toMatchObject({
    protocol: "hyperfocus",
    rooms: ["stream:s1"],
    clientId: "seen",
    streamId: "s1",
    clientType: "viewer",
    heartbeat: { lastPong: { sequence: 2, stats: { latency: 12.5, memory: 80, queueSize: 3 } } },
    notRendered: 1,
    errors: 1,
  });
  expect(quiet).toMatchObject({ clientId: "quiet", heartbeat: { pings: 0 }, errors: 0 });
  expect(quiet!["heartbeat"].lastPong).toBeUndefined();
  expect(JSON.stringify([seen, server.lines])).not.toContain("secret words");
});
