import { expect } from "bun:test";
import { conformance } from "../conformance.ts";
import type { Samples } from "../samples.ts";
import { ack, error, frame, gift, init, post } from "./frames.ts";

const streamOf = (room: string) => room.replace(/^stream:/, "");
const sentBy = (username: string) => gift({ sender: { ...gift()["sender"], username } });
const wrong = (...paths: string[]) =>
  error("INVALID_MESSAGE", { details: paths.map((path) => ({ path, message: expect.any(String) })) });
const any = expect.any(Array);
const unauthorized = error("UNAUTHORIZED");

const samples: Samples = {
  room: "stream:stream-1",
  otherRoom: "stream:stream-2",

  async open(target, room, token) {
    const query = token === undefined ? "" : `?token=${encodeURIComponent(token)}`;
    const protocols = ["hyperfocus-protocol-v1"];
    const client = await target.connect(`/ws${query}`, { protocols });
    client.send(init("host", crypto.randomUUID(), { streamId: streamOf(room) }));
    return client;
  },
  entered: (client) => client.next("stream:status"),

  async publish(server, room, texts) {
    const events = texts.map((text) => ({ room, type: "gift:received", data: sentBy(text) }));
    expect((await post(server, events)).status).toBe(200);
  },
  longest: 200,
  delivery: (_room, text) => ({
    type: "gift:received",
    payload: {
      ...sentBy(text),
      giftId: expect.any(String),
      totalValue: 1,
      metadata: expect.objectContaining({ rank: 1 }),
    },
    timestamp: expect.any(String),
    version: "1.0.0",
  }),
  isDelivery: (frame) => frame["type"] === "gift:received",

  say: (n) => ack(`unknown-${n}`),
  answer: (client) => client.next("error"),
  opening: 1,

  frameOf: (kind) => JSON.stringify(frame(kind, {})),
  isError: (frame) => frame["type"] === "error",
  bad: {
    notJson: error("INVALID_MESSAGE"),
    tooDeep: error("INVALID_MESSAGE"),
    binary: error("INVALID_MESSAGE", { details: [] }),
    notAnEnvelope: error("INVALID_MESSAGE", { details: any }),
    unknownKind: wrong("type"),
  },
  refused: {
    badToken: { frame: unauthorized, close: 1008 },
    missingToken: { frame: unauthorized, close: 1008 },
    room: { frame: error("FORBIDDEN") },
    tooManyConnections: {
      frame: error("RATE_LIMIT", { retryable: true, retryAfter: expect.any(Number) }),
      close: 4008,
    },
    authTimeout: {},
    rate: { frame: error("RATE_LIMIT", { retryable: true, retryAfter: expect.any(Number) }) },
    expired: { frame: unauthorized, close: 4004 },
    revoked: { frame: unauthorized, close: 4004 },
    shutdown: { close: 1012 },
  },

  unauthenticated: () => Promise.reject(new Error("viewers need no token")),
  authMs: 0,
};

conformance("hyperfocus", samples, {
  "gives up on a connection that never authenticates": "viewers need no token",
  "closes 1008 on a reader that stops reading, while the others get everything in order":
    "at ten gifts a second it would take minutes; backpressure.test.ts does it without a pace",
});
