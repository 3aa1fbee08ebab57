import { afterEach, expect, test } from "bun:test";
import net from "node:net";
import { FakeClock } from "../support/fake-clock.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { API_KEY, startTestServer, type TestServer } from "../support/server.ts";

const clock = new FakeClock();
let server: TestServer;
afterEach(() => {
  clock.advance(2_000);
  return server.stop();
});

/** A connection that a proxy keeps for one request after another. */
function keptConnection(port: number) {
  const socket = net.connect(port, "127.0.0.1");
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return {
    ended,
    /** Resolves to the head of the answer. */
    post(id: string): Promise<string> {
      const event = { id, room: "guild:1", type: "voice.joined" };
      const data = { guildId: "1", channelId: "2", userId: "3", username: "Ada", avatar: null };
      const body = JSON.stringify({ ...event, data });
      const head = [
        "POST /v1/discord/events HTTP/1.1",
        "Host: localhost",
        `Authorization: Bearer ${API_KEY}`,
      ];
      socket.write([...head, `Content-Length: ${body.length}`, "", body].join("\r\n"));
      return new Promise((resolve, reject) => {
        socket.once("data", (bytes) => resolve(bytes.toString()));
        socket.once("error", reject);
      });
    },
  };
}

test("until SHUTDOWN_DELAY_MS is over, a server that stops serves everybody, and ends each HTTP connection with an answer", async () => {
  server = await startTestServer({ clock, env: { SHUTDOWN_DELAY_MS: "2000" } });
  const ada = await server.chat("ada");
  await ada.join("c");
  const [used, unused] = [keptConnection(server.port), keptConnection(server.port)];
  for (const kept of [used, unused]) expect(await kept.post("before")).not.toMatch(/^connection: close/im);

  const stopped = server.shutdown();
  for (const one of [used, keptConnection(server.port)]) {
    const head = await one.post("meanwhile");
    expect(head).toStartWith("HTTP/1.1 200 ");
    expect(head).toMatch(/^connection: close\r$/im);
    await one.ended;
  }
  const path = `/ws?token=${await server.token("late")}`;
  expect((await RawSocket.upgrade(server.port, path)).status).toBe(101);
  const ready = await server.http("GET", "/health/ready");
  const reason = "the server is shutting down";
  expect([ready.status, await ready.json()]).toEqual([503, { status: "not ready", reason }]);
  ada.say("message", { chatId: "c", content: "hello" });
  await ada.next("message");

  clock.advance(2_000);
  await stopped;
  expect((await ada.closed).code).toBe(1012);
  await unused.ended;
});
