import type { Frame, TestClient } from "../../support/client.ts";
import {
  startTestServer,
  type TestServer,
  type TestServerOptions,
  type TokenOptions,
} from "../../support/server.ts";
import { COLLABORATION } from "./clients.ts";

/** A server on which nobody edits too fast. */
export const startSessions = ({ env, ...options }: TestServerOptions = {}): Promise<TestServer> =>
  startTestServer({ ...options, env: { ROOM_RATE_LIMIT: "0", ...env } });

/** A connection to edit with, once the server has let it in. */
export async function come(
  server: TestServer,
  userId: string,
  options: TokenOptions = {},
): Promise<TestClient> {
  const client = await server.connect(`${COLLABORATION}?token=${await server.token(userId, options)}`);
  await client.next("connected");
  return client;
}

/** Joins; resolves to the data of the answer. */
export async function join(client: TestClient, sessionId: string, role = "participant"): Promise<Frame> {
  client.send({ type: "join_session", data: { sessionId, role } });
  return (await client.next("session_joined"))["data"];
}

/** A participant of the session. */
export async function editor(server: TestServer, userId: string, sessionId: string): Promise<TestClient> {
  const client = await come(server, userId);
  await join(client, sessionId);
  return client;
}

export const insert = (position: number, content: string, version: number): Frame => ({
  ...{ operation: "insert", position, content, version },
});
export const remove = (position: number, length: number, version: number): Frame => ({
  ...{ operation: "delete", position, length, version },
});
export const replace = (position: number, length: number, content: string, version: number): Frame => ({
  ...{ operation: "replace", position, length, content, version },
});

/** Sends an edit; resolves to its answer. */
export async function answerTo(client: TestClient, data: Frame, id?: string): Promise<Frame> {
  client.send({ type: "edit", ...(id !== undefined && { id }), data });
  return client.next(({ type }) => type === "edit_ack" || type === "error");
}

/** Edits; resolves to the version that was acknowledged. */
export async function edit(client: TestClient, data: Frame, id?: string): Promise<number> {
  const answer = await answerTo(client, data, id);
  if (answer["type"] === "error") throw new Error(answer["error"]);
  return answer["data"].version;
}

/** The data of the edits among these frames, without those fields that all of a session's edits share. */
export const editsIn = (frames: readonly Frame[]): Frame[] =>
  frames
    .filter(({ type }) => type === "edit")
    .map(({ data: { sessionId: _, author: __, authorId: ___, ...edit } }) => edit);

/** The session's document and its version, as somebody gets them who comes now. */
export async function lookAt(
  server: TestServer,
  sessionId: string,
): Promise<[content: string, version: number]> {
  const late = await come(server, "late");
  const { content, version } = await join(late, sessionId, "observer");
  late.close();
  await late.closed;
  return [content, version];
}
