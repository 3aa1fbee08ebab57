import { describe, expect, test } from "bun:test";
import {
  type ConnectionEvent,
  DietCipher,
  type DietOptions,
  DietWebSocketClient,
  Refused,
} from "../../packages/client/src/index.ts";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { hasty, noRate } from "./support.ts";

const server = stopAfterAll(await startTestServer());

const AT = "2026-03-02T08:30:00.000Z";
const direct = (fromUserId: string, toUserId: string, content: string) =>
  ({
    type: "direct.message",
    data: {
      messageId: content.replaceAll(" ", "-"),
      fromUserId,
      toUserId,
      content,
      timestamp: AT,
      isRead: false,
    },
  }) as const;

async function user(userId: string, more: Partial<DietOptions> = {}) {
  const heard: string[] = [];
  const waiting = new Map<string, () => void>();
  const client = new DietWebSocketClient({
    url: server.url("/api/diet/ws"),
    token: () => server.token(userId, { rooms: [] }),
    reconnect: hasty,
    rate: noRate,
    ...more,
  });
  client.subscribe("direct.message", ({ data }) => {
    heard.push(data.content);
    waiting.get(data.content)?.();
  });
  await client.connect();
  const hears = (content: string) => new Promise<void>((resolve) => waiting.set(content, resolve));
  return { client, heard, hears };
}

describe.each([
  ["in plain text", {}],
  ["encrypted", { encryption: DietCipher.init }],
])("%s", (way, more) => {
  const of = (name: string) => `${name}-${way.slice(0, 2)}`;

  test("a message is answered, and arrives", async () => {
    const ada = await user(of("ada"), more);
    const bob = await user(of("bob"), more);
    const heard = bob.hears("Hello");
    const answer = await ada.client.send(direct(of("ada"), of("bob"), "Hello"));
    expect(answer).toMatchObject({ type: "direct.message", success: true, data: { content: "Hello" } });
    await heard;
    await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
  });

  test("what is unread comes after a reconnect, and nothing twice", async () => {
    const relay = await startRelay(server.port);
    const ada = await user(of("eve"), more);
    const bob = await user(of("sam"), { ...more, url: `ws://127.0.0.1:${relay.port}/api/diet/ws` });
    let heard = bob.hears("one");
    await ada.client.send(direct(of("eve"), of("sam"), "one"));
    await heard;
    relay.breakOff();
    heard = bob.hears("three");
    for (const content of ["two", "three"]) await ada.client.send(direct(of("eve"), of("sam"), content));
    await heard;
    expect(bob.heard).toEqual(["one", "two", "three"]);
    await Promise.all([ada.client.disconnect(), bob.client.disconnect()]);
    relay.stop();
  });

  test("what may not be said is refused by its code", async () => {
    const { client } = await user(of("ada"), more);
    const error = await client.send(direct(of("mallory"), of("bob"), "x")).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject({ code: "FORBIDDEN" });
    await client.disconnect();
  });
});

test("an encrypted connection shows nothing of what is said to who carries it, after keys have changed too", async () => {
  const own = await startTestServer();
  const seen: string[] = [];
  const { client } = await user("ada", {
    url: own.url("/api/diet/ws"),
    token: () => own.token("ada", { rooms: [] }),
    encryption: DietCipher.init,
    createSocket: ({ url }) => {
      const socket = new WebSocket(url);
      socket.addEventListener("message", ({ data }) => seen.push(String(data)));
      const send = socket.send.bind(socket);
      socket.send = (frame) => {
        seen.push(String(frame));
        send(frame);
      };
      return socket;
    },
  });
  // The server asks for another key after 1,024 frames.
  for (let n = 0; n < 1_100; n++) await client.send(direct("ada", "bob", `the secret ${n}`));
  const sealed = seen.filter((frame) => frame.includes("encryptedData"));
  const keys = new Set(sealed.map((frame) => JSON.parse(frame).keyId));
  expect(keys.size).toBe(2);
  expect(sealed.length).toBeGreaterThan(2_200);
  expect(seen.filter((frame) => frame.includes("secret"))).toEqual([]);
  await client.disconnect();
  await own.stop();
});

test("a client that has nothing to say answers a change of keys, so that there can be another", async () => {
  const own = await startTestServer({ env: { ENCRYPTION_ROTATION_MS: "20" } });
  const keys = new Set<string>();
  let wake = () => {};
  const third = new Promise<void>((resolve) => (wake = resolve));
  const { client } = await user("ada", {
    url: own.url("/api/diet/ws"),
    token: () => own.token("ada", { rooms: [] }),
    encryption: DietCipher.init,
    createSocket: ({ url }) => {
      const socket = new WebSocket(url);
      const send = socket.send.bind(socket);
      socket.send = (frame) => {
        const { keyId } = JSON.parse(String(frame));
        if (keyId !== undefined) keys.add(keyId);
        if (keys.size === 3) wake();
        send(frame);
      };
      return socket;
    },
  });
  await third;
  expect(client.isConnected()).toBe(true);
  await client.disconnect();
  await own.stop();
});

test("an encrypted frame that is thrown at a client again ends the connection, and another is made", async () => {
  let isThrown = false;
  const { client } = await user("ada", {
    encryption: DietCipher.init,
    createSocket: ({ url }) => {
      const socket = new WebSocket(url);
      socket.addEventListener("message", ({ data }) => {
        if (isThrown || !String(data).includes("encryptedData")) return;
        isThrown = true;
        // Behind the handler that the client has.
        queueMicrotask(() => socket.onmessage?.(new MessageEvent("message", { data })));
      });
      return socket;
    },
  });
  const events: ConnectionEvent[] = [];
  const back = new Promise<void>((resolve) =>
    client.onConnectionEvent((event) => {
      events.push(event);
      if (event.type === "connected") resolve();
    }),
  );
  await client.send(direct("ada", "bob", "once"));
  await back;
  expect(events[0]).toMatchObject({ type: "disconnected", data: { reason: "A frame could not be opened" } });
  await client.disconnect();
});

test("it comes back when the server says so", async () => {
  const own = await startTestServer();
  const { client } = await user("ada", {
    url: own.url("/api/diet/ws"),
    token: () => own.token("ada", { rooms: [] }),
    // By itself it would come at once.
    reconnect: { baseDelay: 0, maxBackoff: 0 },
  });
  let said = 0;
  client.subscribe("reconnect", ({ data }) => (said = data.nextAttemptIn));
  const waits = new Promise<number | undefined>((resolve) =>
    client.onConnectionEvent(({ type, data }) => type === "reconnecting" && resolve(data?.nextAttemptIn)),
  );
  await own.stop();
  expect(await waits).toBe(said);
  expect(said).toBeGreaterThan(0);
  await client.disconnect();
});

test("the contract's configuration is given to connect", async () => {
  const client = new DietWebSocketClient({ token: await server.token("ada", { rooms: [] }) });
  await client.connect({
    url: server.url("/api/diet/ws"),
    heartbeat: { interval: 1_000, timeout: 500 },
    reconnect: { maxAttempts: 1, backoffMultiplier: 2, maxBackoff: 100 },
  });
  expect(client.getConnectionState()).toBe("connected");
  await client.disconnect();
});
