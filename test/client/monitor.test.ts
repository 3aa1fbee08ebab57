import { expect, test } from "bun:test";
import { VoiceChannelClient, WebSocketMonitor } from "../../src/client/index.ts";
import { API_KEY, startTestServer } from "../support/server.ts";

test("the connections of a server are listed, however many", async () => {
  const server = await startTestServer();
  const token = await server.token("ada");
  const clients = Array.from(
    { length: 3 },
    () => new VoiceChannelClient({ url: server.url("/api/ws"), token }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  const url = `http://127.0.0.1:${server.port}`;
  // Pages of one, so that three make more than a page.
  const fetchOne: typeof fetch = Object.assign(
    (input: unknown, init?: RequestInit) => fetch(String(input).replace("limit=1000", "limit=1"), init),
    { preconnect: fetch.preconnect },
  );
  const monitor = new WebSocketMonitor({ url, apiKey: API_KEY, fetch: fetchOne });
  const stats = await monitor.getConnectionStats();
  expect(stats.map(({ protocol, userId }) => `${protocol} ${userId}`)).toEqual(Array(3).fill("discord ada"));
  expect(new Set(stats.map(({ id }) => id)).size).toBe(3);
  const stranger = new WebSocketMonitor({ url, apiKey: "not the key, at all" });
  await expect(stranger.getConnectionStats()).rejects.toThrow("/v1/connections?limit=1000: 401");
  await Promise.all(clients.map((client) => client.disconnect()));
  await server.stop();
});

test("metrics and errors are asked for where the server has them", async () => {
  const asked: string[] = [];
  const metrics = {
    activeConnections: 1,
    totalConnections: 2,
    messagesPerSecond: 3,
    averageLatency: 4,
    errorRate: 0,
    uptime: 5,
  };
  const errors = [{ id: 7, time: "2026-03-02T08:30:00.000Z", where: "http", message: "it broke" }];
  const monitor = new WebSocketMonitor({
    ...{ url: "https://example.org", apiKey: API_KEY },
    async fetch(url, { headers }) {
      asked.push(`${url} ${headers["authorization"]}`);
      return Response.json(url.includes("metrics") ? metrics : { errors, hasMore: false });
    },
  });
  expect(await monitor.getMetrics()).toEqual(metrics);
  expect(await monitor.getErrorLogs(5)).toEqual(errors);
  expect(asked).toEqual([
    `https://example.org/v1/metrics Bearer ${API_KEY}`,
    `https://example.org/v1/errors?limit=5 Bearer ${API_KEY}`,
  ]);
});
