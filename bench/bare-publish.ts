/**
 * What Bun and hono alone can do for `publish.ts`: parse what is posted, publish it where viewers are, answer. No keys,
 * checks, limits or storage.
 */
import { Hono } from "hono";

const TOPIC = "viewers";

/** The frames of the server, byte for byte but for the time. */
const frames: Record<string, (type: string, data: object) => string> = {
  hyperfocus: (type, payload) =>
    JSON.stringify({ type, payload, timestamp: new Date().toISOString(), version: "1.0.0" }),
  discord: (event, payload) => JSON.stringify({ v: 1, type: "event", event, payload, ts: Date.now() }),
};

const app = new Hono();
app.post("/v1/:protocol/events", async (c) => {
  const frame = frames[c.req.param("protocol")]!;
  const posted: { type: string; data: { giftId?: string } }[] = [await c.req.json()].flat();
  if (server.subscriberCount(TOPIC) > 0) {
    for (const { type, data } of posted) server.publish(TOPIC, frame(type, data));
  }
  return c.json({ accepted: posted.length, ids: posted.map(({ data }) => data.giftId) });
});

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request, server) => (server.upgrade(request) ? undefined : app.fetch(request)),
  websocket: {
    message(ws, text) {
      const { type }: { type: string } = JSON.parse(String(text));
      if (type !== "connection:init" && type !== "auth") return;
      ws.subscribe(TOPIC);
      ws.send(type === "auth" ? '{"v":1,"type":"ack"}' : '{"type":"connection:ack"}');
    },
  },
});

console.log(`Bare server listening on http://localhost:${server.port}`);
