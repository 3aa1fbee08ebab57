import { expect } from "bun:test";
import { startTestServer } from "../../support/server.ts";
import { conformance } from "../conformance.ts";
import type { Samples } from "../samples.ts";
import { auth, created, error, event, post } from "./viewer.ts";

const guildOf = (room: string) => room.replace(/^guild:/, "");

const samples: Samples = {
  room: "guild:1",
  otherRoom: "guild:2",

  async open(target, _room, token) {
    const client = await target.connect("/api/ws");
    client.send(token === undefined ? { v: 1, type: "auth", ts: 1 } : auth(token));
    return client;
  },
  entered: (client) => client.next("ack"),

  async publish(server, room, texts) {
    const answer = await post(
      server,
      texts.map((text) => created(guildOf(room), text)),
    );
    expect(answer.status).toBe(200);
  },
  longest: 200,
  delivery: (room, text) => event("room.created", created(guildOf(room), text).data),
  isDelivery: (frame) => frame["type"] === "event",

  // All that a client may say, and it is answered by an error when it has said it before.
  say: (n) => auth(`${n}`),
  answer: (client) => client.next("error"),
  opening: 1,

  frameOf: (kind) => `{"v":1,"type":"${kind}","ts":1}`,
  isError: (frame) => frame["type"] === "error",
  bad: {
    notJson: error("Invalid JSON"),
    tooDeep: error("Invalid JSON"),
    binary: error(expect.any(String)),
    notAnEnvelope: error(expect.stringMatching(/^(Invalid message format|Unsupported protocol version)$/)),
    unknownKind: error("Unknown message type"),
  },
  refused: {
    badToken: { frame: error("Invalid token"), close: 4003 },
    missingToken: { frame: error("Invalid token"), close: 4003 },
    // Nobody asks for a guild: a user who is no member of it hears nothing.
    room: {},
    tooManyConnections: { frame: error("Connection limit exceeded"), close: 4008 },
    authTimeout: { frame: error("Authentication timeout"), close: 4001 },
    rate: { frame: error("Rate limit exceeded") },
    expired: { frame: error("Session expired"), close: 4004 },
    revoked: { frame: error("Session expired"), close: 4004 },
    shutdown: { close: 1012 },
  },

  async unauthenticated(clock) {
    const server = await startTestServer({ clock });
    return { server, client: await server.connect("/api/ws") };
  },
  authMs: 5_000,
};

conformance("discord", samples);
