import { describe, expect, test } from "bun:test";
import {
  type ClientOptions,
  ConnectionFailed,
  DietCipher,
  NotSent,
} from "../../packages/client/src/index.ts";
import type { MessageStore, QueuedMessage } from "../../packages/client/src/store.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { clients, messages, type SenderName, sendBy, senderNames } from "./clients.ts";
import { type FakeSocket, fakeSockets, outcome, settled } from "./support.ts";

/** A client whose server and time are the test's. */
function stage(name: SenderName, options: Partial<ClientOptions> = {}) {
  const clock = new FakeClock(0);
  const sockets = fakeSockets();
  const client = clients[name].create({
    ...{ url: "ws://server/path", token: "a token", clock, random: () => 0 },
    ...{ createSocket: sockets.create, heartbeat: { interval: 0 } },
    ...options,
  });
  const admit = async () => {
    const socket = await sockets.next();
    socket.open();
    clients[name].letIn(socket);
    return socket;
  };
  const say = (message: object) => sendBy(client, message);
  return { ...sockets, admit, client, clock, say, text: (text: unknown) => say(messages[name](text)) };
}

const written = ({ sent }: FakeSocket) => JSON.stringify(sent);

describe.each(senderNames)("%s: a message that JSON cannot say", (name) => {
  const circular: Record<string, unknown> = {};
  circular["self"] = circular;

  test.each([
    ["a BigInt", 1n],
    ["a circle", circular],
    [
      "an object that throws",
      {
        toJSON() {
          throw new Error("no words");
        },
      },
    ],
  ])("%s costs only itself", async (_, unsayable) => {
    const { admit, client, clock, text } = stage(name);
    void client.connect();
    const socket = await admit();
    const refused = await outcome(text(unsayable));
    expect(refused).toBeInstanceOf(TypeError);
    expect(String(refused)).toContain("JSON");
    void outcome(text("sayable"));
    expect(written(socket)).toContain("sayable");
    // No timer of the first is left.
    clock.advance(60_000);
    expect(client.unconfirmed).toBe(1);
  });

  test("no message at all rejects too, and throws nothing at the caller", async () => {
    const { client } = stage(name);
    const send: (message: never) => Promise<unknown> = client.send.bind(client);
    expect(await outcome(send(undefined as never))).toBeInstanceOf(TypeError);
  });

  test("costs only itself without a connection too", async () => {
    const { admit, client, text } = stage(name);
    expect(await outcome(text(1n))).toBeInstanceOf(TypeError);
    void outcome(text("sayable"));
    void client.connect();
    expect(written(await admit())).toContain("sayable");
  });

  test("is not what an earlier page has left either", async () => {
    const messages: QueuedMessage[] = [];
    const store: MessageStore = {
      load: async () => messages,
      put: async (message) => void messages.push(message),
      delete: async () => {},
    };
    const before = stage(name, { store });
    void outcome(before.text("first"));
    // A database of the browser takes what JSON does not.
    for (const message of messages) Object.assign(message, { data: { n: 1n, data: { n: 1n } } });
    const { admit, client, text } = stage(name, { store });
    void client.connect();
    void outcome(text("sayable"));
    expect(written(await admit())).toContain("sayable");
  });

  test("is what was given, also when the caller changes it while it waits", async () => {
    const { admit, client, say } = stage(name);
    const message = messages[name]("as it was");
    void outcome(say(message));
    for (const key of Object.keys(message.data)) Object.assign(message.data, { [key]: "as it is" });
    void client.connect();
    expect(written(await admit())).toContain("as it was");
  });
});

describe.each(senderNames)("%s: a connection that is given up", (name) => {
  const stopped = [1008, "Access denied"] as const;

  test("settles what was sent before, and what is sent after", async () => {
    const { admit, client, clock, text } = stage(name);
    const early = outcome(text("early"));
    void outcome(client.connect());
    const socket = await admit();
    const waiting = outcome(text("waiting"));
    socket.end(...stopped);
    expect(client.getConnectionState()).toBe("error");
    const late = outcome(text("late"));
    for (const error of [await early, await waiting, await late]) {
      expect(error).toBeInstanceOf(NotSent);
      expect(error).toMatchObject({ isKept: false, cause: expect.any(ConnectionFailed) });
    }
    expect(client.unconfirmed).toBe(0);
    // Nobody waits for them, so that nobody sends them.
    void client.connect();
    expect(written(await admit())).not.toMatch(/early|waiting|late/);
    clock.advance(60_000);
  });

  test("is no reason to refuse what is sent once it is tried again", async () => {
    const { admit, client, text } = stage(name);
    const connected = outcome(client.connect());
    (await admit()).end(...stopped);
    await connected;
    void client.connect();
    void outcome(text("again"));
    expect(written(await admit())).toContain("again");
  });
});

test("messages that a store keeps are said to be kept, and go with the next connection", async () => {
  const kept = new Map<string, QueuedMessage>();
  const store: MessageStore = {
    load: async () => [...kept.values()],
    put: async (message) => void kept.set(message.id, message),
    delete: async (id) => void kept.delete(id),
  };
  const { admit, client, text } = stage("chat", { store });
  const waiting = outcome(text("waiting"));
  void outcome(client.connect());
  (await admit()).end(1008, "Access denied");
  expect(await waiting).toMatchObject({ name: "NotSent", isKept: true });
  expect(kept.size).toBe(1);
  void client.connect();
  expect(written(await admit())).toContain("waiting");
});

test("messages that a store has failed to keep are said not to be kept, and nothing sends them", async () => {
  const store: MessageStore = {
    load: async () => [],
    put: () => Promise.reject(new Error("the disk is full")),
    delete: async () => {},
  };
  const { admit, client, text } = stage("chat", { store });
  const waiting = outcome(text("waiting"));
  void outcome(client.connect());
  (await admit()).end(1008, "Access denied");
  expect(await waiting).toMatchObject({ name: "NotSent", isKept: false });
  void client.connect();
  expect(written(await admit())).not.toContain("waiting");
});

test("a frame that cannot be sealed keeps none behind it from being sealed", async () => {
  const cipher = await DietCipher.init();
  let isBroken = true;
  cipher.rotate = async () => {};
  cipher.seal = async (frame) => {
    if (isBroken) throw new Error("no key");
    return { encryptedData: frame, iv: "", authTag: "", timestamp: "", keyId: "" };
  };
  const clock = new FakeClock(0);
  const { create, next } = fakeSockets();
  const { DietWebSocketClient } = await import("../../packages/client/src/index.ts");
  const client = new DietWebSocketClient({
    ...{ url: "ws://server/path", token: "a token", clock, random: () => 0, createSocket: create },
    encryption: async () => cipher,
  });
  void client.connect();
  const admit = async () => {
    const socket = await next();
    socket.open();
    socket.say({ type: "auth_response", success: true, userId: "ada" });
    socket.say({ type: "encryption.ready", data: {} });
    await settled();
    return socket;
  };
  await admit();
  void outcome(sendBy(client, messages.diet("one")));
  await settled();
  isBroken = false;
  clock.advance(1_000);
  const socket = await admit();
  await settled();
  expect(written(socket)).toContain("one");
});

test("a socket that throws costs the connection, not the message", async () => {
  const { admit, client, clock, text } = stage("chat");
  void client.connect();
  const broken = await admit();
  broken.send = () => {
    throw new Error("InvalidStateError");
  };
  void outcome(text("one"));
  expect(client.getConnectionState()).toBe("connecting");
  clock.advance(1_000);
  expect(written(await admit())).toContain("one");
});
