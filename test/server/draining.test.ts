import { afterEach, beforeEach, expect, test } from "bun:test";
import { ChatReader } from "../support/chat-reader.ts";
import { Random } from "../support/random.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { Script } from "../support/script.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { watchConnections } from "../support/watched-connections.ts";

let server: TestServer;
let watched: ReturnType<typeof watchConnections>;
beforeEach(() => {
  watched = watchConnections();
});
afterEach(async () => {
  watched.restore();
  await server.stop();
});

/** A reader that has stopped reading and for whom the server holds frames, and another one. */
async function slowAndFast() {
  const script = new Script(new Random(1), ["c"]);
  const slow = await ChatReader.connect(server, "slow", script.said);
  const fast = await ChatReader.connect(server, "fast", script.said);
  for (const reader of [slow, fast]) await reader.join("c");
  slow.peer.pause();
  while ((watched.of("slow")?.unsent() ?? 1e6) < 300_000) {
    script.act(fast);
    await fast.until(() => script.isReadBy(fast));
  }
  return { script, slow, fast };
}

test("who reads slowly gets all that was sent before the server goes; nobody new is let in meanwhile", async () => {
  server = await startTestServer({ env: { SHUTDOWN_GRACE_MS: "15000" } });
  const { script, slow, fast } = await slowAndFast();
  const stopped = server.shutdown();
  await fast.peer.ended;
  expect(fast.closeCode).toBe(1012);

  const path = `/ws?token=${await server.token("late")}`;
  expect((await RawSocket.upgrade(server.port, path)).status).toBe(503);
  const [live, ready, health] = await Promise.all(
    ["/health/live", "/health/ready", "/ws/health"].map((path) => server.http("GET", path)),
  );
  expect([live?.status, ready?.status, health?.status]).toEqual([200, 503, 503]);
  expect(await health?.json()).toMatchObject({ status: "unhealthy", connections: 1 });
  expect(await ready?.json()).toEqual({ status: "not ready", reason: "the server is shutting down" });

  slow.peer.resume();
  await stopped;
  await slow.peer.ended;
  expect(slow.problems).toEqual([]);
  expect(script.isReadBy(slow)).toBe(true);
  expect(slow.closeCode).toBe(1012);
});

test("who does not read at all holds the server up no longer than SHUTDOWN_GRACE_MS", async () => {
  server = await startTestServer({ env: { SHUTDOWN_GRACE_MS: "200" } });
  await slowAndFast();
  // Or the test runs out of time.
  await server.shutdown();
});

test("when nobody is slow the server goes at once", async () => {
  server = await startTestServer({ env: { SHUTDOWN_GRACE_MS: "15000" } });
  const client = await server.chat("ada");
  await client.join("c");
  await server.shutdown();
  expect(await client.closed).toEqual({ code: 1012, reason: "Server restart" });
  await expect(fetch(`http://127.0.0.1:${server.port}/health/live`)).rejects.toThrow();
});
