import { expect } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { AT, dietClient, message } from "../../support/diet.ts";
import { startTestServer } from "../../support/server.ts";
import type { Samples } from "../samples.ts";

export const PATH = "/api/diet/ws";
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const idOf = (room: string): string => room.replace(/^group:/, "");

/** The user that a token is of, read without a look at its signature; of garbage somebody. */
export function userOf(token: string): string {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    return claims.sub ?? "somebody";
  } catch {
    return "somebody";
  }
}

/** Any event, as the server sends it. */
export const event = (type: string, data: unknown): Frame => ({
  ...{ id: expect.any(String), type, timestamp: TIME },
  data,
});

export const error = (code: string, text: unknown = expect.any(String), details?: unknown): Frame =>
  event("error", {
    ...{ code, message: text, timestamp: TIME },
    ...(details !== undefined && { details }),
  });

/** The response to a message that was refused. */
export const failed = ({ id, type }: Frame, code: string, details?: unknown): Frame => ({
  ...{ id, type, timestamp: TIME, success: false },
  error: { code, message: expect.any(String), ...(details !== undefined && { details }) },
});

export const succeeded = ({ id, type, metadata }: Frame, data: unknown): Frame => ({
  ...{ id, type, timestamp: TIME, success: true, data },
  ...(metadata !== undefined && { metadata }),
});

export const turnedAway = (code: string): Frame => ({
  ...{ type: "auth_response", success: false },
  error: { code, message: expect.any(String) },
});

const group = (groupId: string, content: string, messageId: unknown): Frame => ({
  ...{ messageId, groupId, content, fromUserId: "publisher", timestamp: AT },
});
const invalid = error("INVALID_MESSAGE_FORMAT");

export const samples: Samples = {
  room: "group:g-1",
  otherRoom: "group:g-2",

  async open(target, room, token) {
    const client = await target.connect(PATH);
    const userId = userOf(token ?? "");
    client.send({ type: "auth", userId, sessionId: "s", ...(token !== undefined && { token }) });
    // Answered once it is in its groups, unless it has no business there.
    client.send(message("typing.indicator", { userId, isTyping: false, conversationId: idOf(room) }));
    return client;
  },
  entered: (client) =>
    client.next(({ type, success }) => type === "typing.indicator" && success !== undefined),

  async publish(server, room, texts) {
    const publisher = await dietClient(server, "publisher", { rooms: [room] });
    for (const text of texts) {
      const data = group(idOf(room), text, crypto.randomUUID());
      expect(await publisher.ask("group.message", data)).toMatchObject({ success: true });
    }
    publisher.client.close();
    await publisher.client.closed;
  },
  longest: 10_000,
  delivery: (room, text) => event("group.message", group(idOf(room), text, expect.any(String))),
  isDelivery: (frame) => frame["type"] === "group.message",

  say: (n) => ({ ...message("message.read", {}), id: `said-${n}` }),
  answer: (client) => client.next(({ id }) => `${id}`.startsWith("said-")),
  opening: 2,

  frameOf: (kind) => `{"type":"${kind}","timestamp":"${AT}","data":{}}`,
  isError: ({ type, success }) => type === "error" || type === "rate_limit_exceeded" || success === false,
  bad: {
    notJson: invalid,
    tooDeep: invalid,
    binary: invalid,
    notAnEnvelope: invalid,
    unknownKind: invalid,
  },
  refused: {
    badToken: { frame: turnedAway("AUTHENTICATION_FAILED"), close: 4003 },
    missingToken: { frame: turnedAway("AUTHENTICATION_FAILED"), close: 4003 },
    room: { frame: failed({ id: expect.any(String), type: "typing.indicator" }, "FORBIDDEN") },
    tooManyConnections: { frame: turnedAway("RATE_LIMIT_EXCEEDED"), close: 4008 },
    authTimeout: { frame: error("CONNECTION_TIMEOUT"), close: 4001 },
    rate: { frame: expect.objectContaining({ type: "rate_limit_exceeded" }) },
    expired: { frame: error("AUTHENTICATION_FAILED", "Session expired"), close: 4004 },
    revoked: { frame: error("AUTHENTICATION_FAILED", "Session expired"), close: 4004 },
    shutdown: { close: 1012 },
  },

  async unauthenticated(clock) {
    const server = await startTestServer({ clock });
    return { server, client: await server.connect(PATH) };
  },
  authMs: 5_000,
};
