import { createMessages } from "../../src/protocols/diet/schema.ts";
import { exampleOf } from "../protocols/diet/variants.ts";
import type { Frame, TestClient } from "./client.ts";
import type { Target } from "./relay.ts";
import type { TestServer } from "./server.ts";

/** What tests that go over every endpoint of every protocol must know of each. */
export interface WireEndpoint {
  readonly name: string;
  readonly protocol: string;
  readonly path: string;
  readonly subprotocol?: string;
  /** Of rooms that tokens name; here they are `kind:a` and others. */
  readonly kind: string;
  /** Begins as this user; resolves once the server has let the connection in, into the room `a` where one is joined. */
  enter(target: Target & Pick<TestServer, "token">, userId: string, id?: string): Promise<TestClient>;
  /** Good frames of the user `ada` in the room `a`, at least one of every kind that is taken here. */
  readonly frames: readonly Frame[];
  /** Is answered at once with an answer of its own. */
  readonly probe: Frame;
  isAnswer(frame: Frame): boolean;
}

export const AT = "2026-03-02T08:30:00.000Z";
const USER = "ada";
const KEY = "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=";

const said = (type: string, data: Frame): Frame => ({ type, data, timestamp: 1_703_123_456_789 });
const gurukul: WireEndpoint = {
  ...{ name: "gurukul", protocol: "gurukul", path: "/ws", kind: "chat" },
  async enter(server, userId, id = "a") {
    const token = await server.token(userId, { rooms: [`chat:${id}`] });
    const client = await server.connect(`/ws?token=${token}`);
    await client.join(id);
    return client;
  },
  frames: [
    said("message", { chatId: "a", content: "Hello", messageId: "temp-1" }),
    said("message", { chatId: "a", content: "Hello", agentId: "therapist" }),
    said("typing", { chatId: "a", userId: USER, isTyping: true }),
    said("read_receipt", { chatId: "a", userId: USER, messageIds: ["m-1", "m-2"] }),
    said("chat_update", { action: "join", chatId: "a" }),
    said("chat_update", { action: "leave", chatId: "a" }),
    said("ping", { timestamp: 5 }),
  ],
  probe: said("ping", { timestamp: -271_828 }),
  isAnswer: ({ type, data }) => type === "pong" && data.timestamp === -271_828,
};

const atomic = (name: string, path: string, kind: string, frames: readonly Frame[]): WireEndpoint => ({
  ...{ name: `atomic ${name}`, protocol: "atomic", path, kind },
  async enter(server, userId, id = "a") {
    const token = await server.token(userId, { rooms: [`${kind}:${id}`] });
    const context = kind === "context" ? `&contextId=${id}` : "";
    const client = await server.connect(`${path}?token=${token}${context}`);
    await client.next("connected");
    if (kind === "session") {
      client.send({ type: "join_session", data: { sessionId: id, role: "participant" } });
      await client.next("session_joined");
    }
    return client;
  },
  frames: [...frames, { type: "ping", id: "p-1" }, { type: "auth", token: "x", contextId: "a" }],
  probe: { type: "ping", id: "the-probe" },
  isAnswer: ({ type, id }) => type === "pong" && id === "the-probe",
});
const sent = (type: string, data: Frame, id = "m-1"): Frame => ({ type, id, timestamp: AT, data });
const place = { sessionId: "a", position: 0, version: 0 };
const chat = atomic("chat", "/api/chat/ws", "context", [
  sent("message", { content: "Hello", messageType: "text" }),
  sent("message", { content: "Hello", userId: USER, authorId: USER }, "m-2"),
  sent("typing", { isTyping: true, userId: USER }),
  sent("history", { limit: 50, before: AT }),
  sent("history", {}),
]);
const analytics = atomic("analytics", "/api/analytics/ws", "context", [
  sent("subscribe", { metrics: ["engagement", "activity", "mood"] }),
  sent("unsubscribe", { metrics: ["engagement"] }),
]);
const collaboration = atomic("collaboration", "/api/collaboration/ws", "session", [
  sent("join_session", { sessionId: "a", role: "participant", userId: USER }),
  sent("edit", { ...place, operation: "insert", content: "Hello" }, "e-1"),
  sent("edit", { ...place, operation: "delete", length: 1 }, "e-2"),
  sent("edit", { ...place, operation: "replace", length: 1, content: "J" }, "e-3"),
  sent("leave_session", { sessionId: "a" }),
]);

const discordAuth = (token: string): Frame => ({ v: 1, type: "auth", token, ts: 1_704_240_000_000 });
const discord: WireEndpoint = {
  ...{ name: "discord", protocol: "discord", path: "/api/ws", kind: "guild" },
  async enter(server, userId, id = "a") {
    const client = await server.connect("/api/ws");
    client.send(discordAuth(await server.token(userId, { rooms: [`guild:${id}`] })));
    await client.next("ack");
    return client;
  },
  frames: [discordAuth("again")],
  probe: discordAuth("again"),
  isAnswer: ({ error }) => error === "Already authenticated",
};

const shown = (type: string, payload: Frame): Frame => ({ type, payload, timestamp: AT });
const came = (clientType: string, streamId = "a", clientId = "c-1"): Frame =>
  shown("connection:init", {
    ...{ clientId, streamId, clientType, capabilities: ["webgl"], version: "1.0.0" },
  });
const hyperfocus: WireEndpoint = {
  ...{ name: "hyperfocus", protocol: "hyperfocus", path: "/ws", kind: "stream" },
  subprotocol: "hyperfocus-protocol-v1",
  async enter(server, userId, id = "a") {
    const token = await server.token(userId, { rooms: [`stream:${id}`] });
    const client = await server.connect(`/ws?token=${token}`, { protocols: ["hyperfocus-protocol-v1"] });
    client.send(came("host", id));
    await client.next("stream:status");
    return client;
  },
  frames: [
    came("host"),
    came("viewer"),
    shown("heartbeat:pong", {
      timestamp: AT,
      sequence: 1,
      stats: { latency: 12, memory: 80, queueSize: 0 },
    }),
    shown("gift:ack", { giftId: "g-1", receivedAt: AT, rendered: true, error: null }),
    shown("error", { code: "OOPS", message: "Oops", details: { a: 1 }, retryable: false, retryAfter: null }),
  ],
  probe: shown("probe", {}),
  isAnswer: ({ type, payload }) => type === "error" && payload.message === "Unknown message type",
};

let ids = 0;
/** In the envelope; what is a user's is ada's, what is a group's is of the group `a`. */
export const enveloped = (type: string, data: Frame): Frame => ({
  ...{ id: `frame-${++ids}`, type, timestamp: AT, data },
  metadata: { requestId: "r-1" },
});
/** By the example of its schema. */
export function dietSamples(userField: (type: string) => string): Frame[] {
  return Object.entries(createMessages(10_000)).map(([type, schema]) => {
    const example = exampleOf(schema) as Frame;
    const own = { [userField(type)]: USER, ...("groupId" in example && { groupId: "a" }) };
    const conversation = "conversationId" in example ? { conversationId: "dm:ada:bob" } : {};
    const told = type === "ai.coach.message" ? { isFromAI: false } : {};
    return enveloped(type, { ...example, ...own, ...conversation, ...told });
  });
}
const userField = (type: string): string =>
  /^(friend\.request|direct\.message|group\.message)$/.test(type)
    ? "fromUserId"
    : type === "post.created"
      ? "authorId"
      : "userId";
const diet: WireEndpoint = {
  ...{ name: "diet", protocol: "diet", path: "/api/diet/ws", kind: "group" },
  async enter(server, userId, id = "a") {
    const client = await server.connect("/api/diet/ws");
    const token = await server.token(userId, { rooms: [`group:${id}`] });
    client.send({ type: "auth", token, userId, sessionId: "s" });
    await client.next("auth_response");
    return client;
  },
  frames: [
    ...dietSamples(userField),
    enveloped("encryption.init", { publicKey: KEY }),
    { type: "auth", token: "again", userId: USER, sessionId: "s" },
  ],
  probe: { ...enveloped("message.read", { messageId: "none", userId: USER, readAt: AT }), id: "the-probe" },
  isAnswer: ({ id, success }) => id === "the-probe" && success !== undefined,
};

/** Every endpoint of every protocol. */
export const endpoints: readonly WireEndpoint[] = [
  ...[gurukul, hyperfocus, chat, analytics, collaboration, discord, diet],
];

/**
 * Sends these, and resolves to all that has come when the last of them has been dealt with, or when the connection
 * has closed.
 */
export async function sayAll(
  { isAnswer, probe, protocol }: WireEndpoint,
  client: TestClient,
  texts: readonly (string | Uint8Array<ArrayBuffer>)[],
): Promise<Frame[]> {
  const from = client.frames.length;
  for (const text of texts) client.socket.send(text);
  // Each of those may have been answered like a probe, but then one more answer is that of a probe.
  const isUnique = protocol !== "discord" && protocol !== "hyperfocus";
  const probes = isUnique ? 1 : texts.length + 1;
  for (let n = 0; n < probes; n++) client.send(probe);
  for (let n = 0; n < probes && client.isOpen; n++) await client.next(isAnswer).catch(() => {});
  return client.frames.slice(from);
}
