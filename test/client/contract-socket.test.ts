import { expect, test } from "bun:test";
import { ChatWebSocketClient } from "../../packages/client/src/index.ts";
import { MockWebSocket } from "./contract-types.ts";

test("the contract's own MockWebSocket, open from the beginning and never closed, serves as a socket", async () => {
  const socket = new MockWebSocket();
  const chat = new ChatWebSocketClient({ url: "ws://nowhere", token: "t", createSocket: () => socket });
  const heard: string[] = [];
  chat.subscribe("message", ({ data }) => heard.push(data.content));
  const connecting = chat.connect();
  const timestamp = "2026-03-02T08:30:00.000Z";
  while (socket.sent.length === 0) await null;
  expect(JSON.parse(socket.sent[0]!)).toMatchObject({ type: "auth", token: "t" });
  socket.simulateMessage({ type: "connected", timestamp, data: { userId: "ada" } });
  const { id } = JSON.parse(socket.sent[1]!);
  socket.simulateMessage({ type: "pong", id, timestamp, data: {} });
  await connecting;
  const data = { id: "1", content: "Hello", author: "Bob", messageType: "text", timestamp };
  socket.simulateMessage({ type: "message", timestamp, data });
  expect(heard).toEqual(["Hello"]);
  await chat.disconnect();
  expect(chat.getConnectionState()).toBe("disconnected");
});
