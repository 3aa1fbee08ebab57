import { expect } from "bun:test";
import { SignJWT } from "jose";
import type { Frame, TestClient } from "../../support/client.ts";
import { SECRET, type TestServer, type TokenOptions } from "../../support/server.ts";

export const CHAT = "/api/chat/ws";
export const ANALYTICS = "/api/analytics/ws";
export const COLLABORATION = "/api/collaboration/ws";

export const CONTEXT = "context_123";
export const ROOM = `context:${CONTEXT}`;

interface ClientOptions extends TokenOptions {
  readonly contextId?: string;
}

/** A connection with a token in its query, once the server has let it in. */
export async function enter(
  server: TestServer,
  path: string,
  userId: string,
  { contextId = CONTEXT, ...options }: ClientOptions = {},
): Promise<TestClient> {
  const client = await server.connect(
    `${path}?token=${await server.token(userId, options)}&contextId=${contextId}`,
  );
  await client.next("connected");
  return client;
}

/** A token with claims that the command line does not make. */
export const tokenWith = (claims: Frame): Promise<string> =>
  new SignJWT({ exp: Math.floor(Date.now() / 1_000) + 3_600, ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(SECRET));

/** Everything unread: what has not come by now was not sent before. */
export const drain = (client: TestClient): Promise<Frame[]> => client.until({ type: "ping" }, isPong);
const isPong = ({ type }: Frame): boolean => type === "pong";

export const say = (client: TestClient, content: string, more: Frame = {}): void =>
  client.send({ type: "message", data: { content }, ...more });

export const typing = (client: TestClient, isTyping: boolean): void =>
  client.send({ type: "typing", data: { isTyping } });

/** Pages of the history: the data of the answer. */
export async function history(client: TestClient, data: Frame = {}): Promise<Frame> {
  client.send({ type: "history", data });
  return (await client.next("history"))["data"];
}

export const contents = (frames: readonly Frame[]): string[] =>
  frames.filter(({ type }) => type === "message").map(({ data }) => data.content);

export const post = (server: TestServer, events: unknown): Promise<Response> =>
  server.http("POST", "/v1/atomic/events", events);

/** A backend says a metric of the context. */
export async function setMetric(server: TestServer, metric: string, value: unknown): Promise<void> {
  const response = await post(server, { room: ROOM, type: "metric_update", data: { metric, value } });
  expect(response.status).toBe(200);
}

/** The values of these metrics as the server answers a subscription. */
export async function subscribe(client: TestClient, ...metrics: string[]): Promise<unknown[]> {
  client.send({ type: "subscribe", data: { metrics } });
  const values: unknown[] = [];
  for (const metric of metrics) {
    const { data } = await client.next("metric_update");
    expect(data.metric).toBe(metric);
    values.push(data.value);
  }
  return values;
}

/** What came of this metric, value by value. */
export const values = (frames: readonly Frame[], metric: string): unknown[] =>
  frames
    .filter(({ type, data }) => type === "metric_update" && data.metric === metric)
    .map(({ data }) => data.value);

const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** Messages of one millisecond have microseconds that tell them apart. */
const placeInTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\d{3})?Z$/);

/** A frame field for field: anything missing, and anything more, fails. */
export const frame = (type: string, data: Frame, id?: string): Frame => ({
  type,
  timestamp,
  data,
  ...(id !== undefined && { id }),
});

export const error = (text: unknown, id?: string): Frame => ({
  type: "error",
  error: text,
  timestamp,
  ...(id !== undefined && { id }),
});

export const message = (author: string, content: string, id?: string): Frame =>
  frame(
    "message",
    {
      id: expect.stringMatching(/^msg-/),
      content,
      author,
      authorId: author,
      messageType: "text",
      timestamp: placeInTime,
    },
    id,
  );
