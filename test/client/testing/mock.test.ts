import { expect, test } from "bun:test";
import { ChatWebSocketClient } from "../../../packages/client/src/index.ts";
import { AssertionFailed, WebSocketTestHelper } from "../../../packages/client/src/testing/index.ts";

/** Lets a chat client in. */
const helper = () =>
  new WebSocketTestHelper({
    answer(message, connection) {
      const { type, id } = message;
      const timestamp = "2026-03-02T08:30:00.000Z";
      if (type === "auth")
        connection.simulateMessage({ type: "connected", timestamp, data: { userId: "ada" } });
      if (type === "ping") connection.simulateMessage({ type: "pong", id, timestamp, data: {} });
    },
  });

test("a client speaks with the test, which sees what was said and says what it likes", async () => {
  const mock = helper();
  const client = new ChatWebSocketClient({
    url: "ws://nowhere",
    token: "t",
    createSocket: mock.createSocket,
  });
  await client.connect();
  const said = client.send({ type: "message", data: { content: "Hello" } });
  mock.assertMessageSent("auth", { token: "t" });
  mock.assertMessageSent("message", { content: "Hello" });
  expect(() => mock.assertMessageSent("message", { content: "Bye" })).toThrow(AssertionFailed);
  const { id } = mock.sent.at(-1)!;
  const data = {
    id: "1",
    content: "Hello",
    author: "Ada",
    messageType: "text",
    timestamp: "2026-03-02T08:30:01Z",
  };
  mock.simulateMessage({ type: "message", id, timestamp: data.timestamp, data });
  expect((await said).data.author).toBe("Ada");
  mock.assertMessageReceived("message", { author: "Ada" });
  expect(() => mock.assertMessageReceived("typing")).toThrow(AssertionFailed);
  await client.disconnect();
});

test("a line that breaks is made again, on the connection that the test has prepared", async () => {
  const mock = helper();
  const client = new ChatWebSocketClient({
    ...{ url: "ws://nowhere", token: "t", createSocket: mock.createSocket, reconnect: { baseDelay: 0 } },
  });
  await client.connect();
  const back = new Promise((resolve) =>
    client.onConnectionEvent(({ type }) => type === "connected" && resolve(undefined)),
  );
  const second = mock.createMockConnection();
  mock.simulateError(new Error("a cable was pulled"));
  expect(client.getConnectionState()).toBe("connecting");
  await back;
  expect(second.address.url).toBe("ws://nowhere?offsets=1");
  second.simulateError(new Error("again"));
  expect(client.isConnected()).toBe(false);
  await client.disconnect();
});

test("connection events are simulated as a client would meet them", async () => {
  const mock = helper();
  const client = new ChatWebSocketClient({
    url: "ws://nowhere",
    token: "t",
    createSocket: mock.createSocket,
  });
  expect(() => mock.simulateMessage({ type: "pong" })).toThrow("nobody has connected");
  await client.connect();
  const data = { code: 1008, reason: "Closed by the server" };
  mock.simulateConnectionEvent({ type: "disconnected", timestamp: "", data });
  expect(client.getConnectionState()).toBe("error");
});
