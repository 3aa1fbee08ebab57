import { expect, test } from "bun:test";
import { VoiceChannelClient, WebSocketMonitor } from "../../packages/client/src/index.ts";
import { eventually } from "../support/eventually.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

test("the connections of a server are listed, however many, while some of them close", async () => {
  const token = await server.token("ada");
  const clients = Array.from(
    { length: 5 },
    () => new VoiceChannelClient({ url: server.url("/api/ws"), token }),
  );
  for (const client of clients) await client.connect();
  const url = `http://127.0.0.1:${server.port}`;
  let asked = 0;
  const monitor = new WebSocketMonitor({
    ...{ url, apiKey: API_KEY },
    async fetch(path, init) {
      // The third page would be after a connection that has closed.
      if (++asked === 3) {
        await clients[3]?.disconnect();
        await eventually(async () => {
          const { connections }: { connections: unknown[] } = JSON.parse(
            await (await server.http("GET", "/v1/connections")).text(),
          );
          return connections.length === 4;
        });
      }
      // Pages of two, so that five make more than one.
      return fetch(path.replace("limit=1000", "limit=2"), init);
    },
  });
  const stats = await monitor.getConnectionStats();
  expect(stats.map(({ protocol, userId }) => `${protocol} ${userId}`)).toEqual(Array(5).fill("discord ada"));
  expect(new Set(stats.map(({ id }) => id)).size).toBe(5);
  await Promise.all(clients.map((client) => client.disconnect()));
});

test("metrics and errors are those of the contract", async () => {
  const monitor = new WebSocketMonitor({ url: `http://127.0.0.1:${server.port}`, apiKey: API_KEY });
  const { uptime, ...metrics } = await monitor.getMetrics();
  expect(uptime).toBeGreaterThan(0);
  const names = ["activeConnections", "averageLatency", "errorRate", "messagesPerSecond", "totalConnections"];
  expect(Object.keys(metrics).sort()).toEqual(names);
  expect(await monitor.getErrorLogs(5)).toEqual([]);
});

test("a monitor without a key gets an error", async () => {
  const stranger = new WebSocketMonitor({
    url: `http://127.0.0.1:${server.port}`,
    apiKey: "not the key, at all",
  });
  await expect(stranger.getConnectionStats()).rejects.toThrow("the server answers 401");
});
