import { expect, test } from "bun:test";
import type { Frame, TestClient } from "../../support/client.ts";
import { startTestServer, stopAfterAll } from "../../support/server.ts";
import { ANALYTICS, CHAT, COLLABORATION, drain, enter, error } from "./clients.ts";

const server = stopAfterAll(await startTestServer());

test("a kind of another endpoint is unknown, however it is put", async () => {
  const kinds = {
    [CHAT]: ["subscribe", "unsubscribe", "join_session", "leave_session", "edit", "connected", "pong"],
    [ANALYTICS]: ["message", "typing", "history", "join_session", "edit", "metric_update"],
    [COLLABORATION]: ["message", "typing", "history", "subscribe", "unsubscribe", "session_joined"],
  };
  for (const [path, others] of Object.entries(kinds)) {
    const client = await enter(server, path, "ada");
    for (const type of others) {
      for (const data of [
        {},
        { content: "x", isTyping: true, metrics: ["activity"], sessionId: "s", role: "observer" },
      ]) {
        client.send({ type, data });
        expect([type, await client.next()]).toEqual([type, error("Unknown message type")]);
      }
    }
  }
});

test("a client that names another user as the sender is refused, and nothing of it is done", async () => {
  const place = { sessionId: "sender", position: 0, version: 0 };
  const kinds: [path: string, type: string, data: Frame][] = [
    [CHAT, "message", { content: "x" }],
    [CHAT, "typing", { isTyping: true }],
    [COLLABORATION, "join_session", { sessionId: "sender", role: "participant" }],
    [COLLABORATION, "edit", { operation: "insert", content: "x", ...place }],
    [COLLABORATION, "leave_session", { sessionId: "sender" }],
  ];
  const clients = new Map<string, TestClient>();
  for (const path of [CHAT, COLLABORATION]) clients.set(path, await enter(server, path, "ada"));
  for (const [path, type, data] of kinds) {
    const client = clients.get(path)!;
    for (const sender of [{ userId: "eve" }, { authorId: "eve" }, { userId: "ada", authorId: "eve" }]) {
      client.send({ type, data: { ...data, ...sender } });
      expect([type, await client.next()]).toEqual([type, error("not the sender's own id")]);
    }
    client.send({ type, data: { ...data, userId: "ada", authorId: "ada" } });
    expect([type, (await drain(client)).filter(({ type }) => type === "error")]).toEqual([type, []]);
  }
});
