import { afterAll } from "bun:test";
import { startTestServer } from "../../support/server.ts";
import { conformance } from "../conformance.ts";
import type { Samples } from "../samples.ts";
import { error, message } from "./frames.ts";

// A token whose key is not in the set waits for a newer set, and this one's never comes.
let fetches = 0;
const keySet = Bun.serve({
  port: 0,
  fetch: () => (fetches++ === 0 ? Response.json({ keys: [] }) : new Promise<Response>(() => {})),
});
afterAll(() => keySet.stop(true));
const header = Buffer.from(JSON.stringify({ alg: "RS256", kid: "not there yet" })).toString("base64url");

const chatOf = (room: string) => room.replace(/^chat:/, "");

const samples: Samples = {
  room: "chat:chat-123",
  otherRoom: "chat:chat-456",

  async open(target, room, token) {
    const client = await target.connect(
      token === undefined ? "/ws" : `/ws?token=${encodeURIComponent(token)}`,
    );
    client.say("chat_update", { action: "join", chatId: chatOf(room) });
    return client;
  },
  entered: (client) => client.next("chat_update"),

  async publish(server, room, texts) {
    const publisher = await server.chat("publisher");
    for (const content of texts) publisher.say("message", { chatId: chatOf(room), content });
    for (const _ of texts) await publisher.next("message");
    publisher.close();
    await publisher.closed;
  },
  longest: 10_000,
  delivery: (room, text) => message(chatOf(room), "publisher", text),
  isDelivery: (frame) => frame["type"] === "message" && frame["data"].message.userId === "publisher",

  say: (n) => ({ type: "ping", data: { timestamp: n }, timestamp: 1 }),
  answer: (client) => client.next((frame) => ["pong", "error"].includes(frame["type"])),
  opening: 0,

  frameOf: (kind) => `{"type":"${kind}","data":{},"timestamp":1}`,
  isError: (frame) => frame["type"] === "error",
  bad: {
    notJson: error(400, "Invalid JSON"),
    tooDeep: error(400, "Invalid JSON"),
    binary: error(400, "Invalid message format"),
    notAnEnvelope: error(400, "Invalid message format"),
    unknownKind: error(400, "Unknown message type"),
  },
  refused: {
    badToken: { frame: error(401, "Authentication failed"), close: 1008 },
    missingToken: { frame: error(401, "Authentication failed"), close: 1008 },
    room: { frame: error(403, "Access denied to chat") },
    tooManyConnections: { frame: error(429, "Connection limit exceeded"), close: 4008 },
    authTimeout: { frame: error(401, "Authentication timeout"), close: 4001 },
    rate: { frame: error(429, "Rate limit exceeded") },
    expired: { frame: error(401, "Session expired"), close: 4004 },
    revoked: { frame: error(401, "Session expired"), close: 4004 },
    shutdown: { close: 1012 },
  },

  async unauthenticated(clock) {
    const server = await startTestServer({ clock, env: { JWT_JWKS_URL: keySet.url.href } });
    return { server, client: await server.connect(`/ws?token=${header}.e30.AAAA`) };
  },
  authMs: 10_000,
};

conformance("gurukul", samples);
