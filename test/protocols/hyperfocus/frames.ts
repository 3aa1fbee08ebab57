import { expect } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import type { TestServer, TokenOptions } from "../../support/server.ts";

export const STREAM = "s1";
export const ROOM = `stream:${STREAM}`;

/** A client's frame; like the contract's examples it carries no version. */
export const frame = (type: string, payload: Frame): Frame => ({
  type,
  payload,
  timestamp: "2025-10-28T23:59:59.999Z",
});

export const init = (clientType: "host" | "viewer", clientId: string, more: Frame = {}): Frame =>
  frame("connection:init", {
    clientId,
    streamId: STREAM,
    clientType,
    capabilities: ["webgl", "webgpu", "notifications"],
    version: "1.0.0",
    ...more,
  });

export const ack = (giftId: string, more: Frame = {}): Frame =>
  frame("gift:ack", {
    giftId,
    receivedAt: "2025-10-28T23:59:59.999Z",
    rendered: true,
    error: null,
    ...more,
  });

/** A connection that has said nothing yet. */
export const dial = (server: TestServer, query = ""): Promise<TestClient> =>
  server.connect(`/ws${query}`, { protocols: ["hyperfocus-protocol-v1"] });

/** A viewer who is in the stream, and has read its status. */
export async function viewer(server: TestServer, clientId = "viewer-1", more?: Frame): Promise<TestClient> {
  const client = await dial(server);
  client.send(init("viewer", clientId, more));
  await client.next("stream:status");
  return client;
}

interface HostOptions extends TokenOptions {
  readonly userId?: string;
  readonly clientId?: string;
}

/** A host who is in the stream, and has read its status. */
export async function host(
  server: TestServer,
  { userId = "ada", clientId = "host-1", ...options }: HostOptions = {},
): Promise<TestClient> {
  const client = await dial(server, `?token=${await server.token(userId, options)}`);
  client.send(init("host", clientId));
  await client.next("stream:status");
  return client;
}

/** A gift as a backend posts it that leaves out what it may. */
export const gift = (more: Frame = {}): Frame => ({
  giftType: "rose",
  quantity: 1,
  sender: { userId: "u1", username: "Ada", avatar: "", isSubscriber: false, isModerator: false },
  animation: { type: "particle", duration: 3000, assetUrl: "", soundUrl: "" },
  ...more,
});

export const from = (userId: string, more: Frame = {}): Frame =>
  gift({ ...more, sender: { ...gift()["sender"], userId } });

export const post = (server: TestServer, events: unknown): Promise<Response> =>
  server.http("POST", "/v1/hyperfocus/events", events);

export const toStream = (type: string, data: Frame, more: Frame = {}): Frame => ({
  room: ROOM,
  type,
  data,
  ...more,
});

/** Posts these gifts to the stream; resolves to the ids that the server answers. */
export async function give(server: TestServer, ...gifts: Frame[]): Promise<string[]> {
  const response = await post(
    server,
    gifts.map((one) => toStream("gift:received", one)),
  );
  const answer = (await response.json()) as Frame;
  expect(answer).toMatchObject({ accepted: gifts.length });
  return answer["ids"];
}

export async function setStatus(server: TestServer, status: Frame): Promise<void> {
  expect((await post(server, toStream("stream:status", status))).status).toBe(200);
}

/** Everything unread but for heartbeats: what has not come by now was not sent before. */
export async function drain(client: TestClient): Promise<Frame[]> {
  const isAnswer = ({ type, payload }: Frame) =>
    type === "error" && payload.message === "Unknown message type";
  const frames = await client.until(frame("drain", {}), isAnswer);
  return frames.filter(({ type }) => type !== "heartbeat:ping");
}

export const gifts = (frames: readonly Frame[]): Frame[] =>
  frames.filter(({ type }) => type === "gift:received").map(({ payload }) => payload);

export const statuses = (frames: readonly Frame[]): Frame[] =>
  frames.filter(({ type }) => type === "stream:status").map(({ payload }) => payload);

/** An error as the contract has it; `more` says what of it is not the usual. */
export const error = (code: string, more: Frame = {}): Frame => ({
  type: "error",
  payload: {
    code,
    message: expect.any(String),
    details: null,
    retryable: false,
    retryAfter: null,
    ...more,
  },
  timestamp: expect.any(String),
  version: "1.0.0",
});
