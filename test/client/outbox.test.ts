import { describe, expect, test } from "bun:test";
import {
  ChatWebSocketClient,
  type ClientOptions,
  MessageQueue,
  QueueFull,
  Refused,
} from "../../packages/client/src/index.ts";
import type { MessageStore, QueuedMessage } from "../../packages/client/src/store.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type FakeSocket, fakeSockets, settled } from "./support.ts";

const clock = new FakeClock(0);

/** A chat client whose server is the test. */
function chat(options: Partial<ClientOptions> = {}) {
  const { create, next } = fakeSockets();
  const client = new ChatWebSocketClient({
    ...{ url: "ws://chat", token: "t", clock, createSocket: create, random: () => 0 },
    ...options,
  });
  const say = (content: string) => client.send({ type: "message", data: { content } });
  /** Lets the next connection in. */
  const admit = async (): Promise<FakeSocket> => {
    const socket = await next();
    socket.open();
    socket.say({ type: "connected", timestamp: "", data: { userId: "ada" } });
    // The answer comes behind the verdict of a room that is resumed.
    socket.say({ type: "pong", id: socket.sent.at(-1)?.["id"], timestamp: "", data: {} });
    socket.sent.splice(0, 2);
    return socket;
  };
  return { admit, client, say };
}

const contents = ({ sent }: FakeSocket) => sent.map(({ data }) => Object(data).content);
/** The server confirms the last message. */
function confirm(socket: FakeSocket): void {
  const { id, data } = socket.sent.at(-1) ?? {};
  socket.say({
    type: "message",
    id,
    timestamp: "",
    data: { ...Object(data), id, timestamp: `t${clock.now()}` },
  });
}

describe("messages", () => {
  test("that are sent without a connection wait for it, and go in their order", async () => {
    const { admit, client, say } = chat();
    const sent = Promise.all([say("one"), say("two")]);
    expect(client.unconfirmed).toBe(2);
    void client.connect();
    const socket = await admit();
    confirm(socket);
    confirm(socket);
    expect(contents(socket)).toEqual(["one", "two"]);
    expect((await sent).map(({ data }) => data.content)).toEqual(["one", "two"]);
    expect(client.unconfirmed).toBe(0);
  });

  test("that were on the way when the line broke are sent again under the same id", async () => {
    const { admit, client, say } = chat();
    void client.connect();
    const first = await admit();
    void say("one");
    first.end();
    clock.advance(1_000);
    const second = await admit();
    expect(contents(second)).toEqual(["one"]);
    expect(second.sent[0]?.["id"]).toBe(first.sent[0]?.["id"]);
  });

  test("that nothing answers are sent again after a while", async () => {
    const { admit, client, say } = chat({ answerTimeout: 5_000 });
    void client.connect();
    const socket = await admit();
    void say("one");
    clock.advance(4_999);
    expect(contents(socket)).toEqual(["one"]);
    clock.advance(1);
    expect(contents(socket)).toEqual(["one", "one"]);
  });

  test("that the server has no room for are sent again later, and given up in the end", async () => {
    const { admit, client, say } = chat();
    void client.connect();
    const socket = await admit();
    const outcome = say("one").catch((error: unknown) => error);
    const next = say("two");
    let tries = 0;
    while (contents(socket).at(-1) === "one" && tries < 20) {
      tries++;
      const id = socket.sent.at(-1)?.["id"];
      socket.say({ type: "error", id, error: "Server busy, try again", timestamp: "" });
      clock.advance(1_000);
    }
    expect(tries).toBe(8);
    expect(await outcome).toBeInstanceOf(Refused);
    confirm(socket);
    expect((await next).data.content).toBe("two");
  });

  test("that are worth nothing later do not wait for a connection", async () => {
    const { admit, client } = chat();
    await client.send({ type: "typing", data: { isTyping: true } });
    expect(client.unconfirmed).toBe(0);
    void client.connect();
    expect((await admit()).sent).toEqual([]);
  });

  test("that are given up are rejected", async () => {
    const { client, say } = chat();
    const outcome = say("one").catch((error: Error) => error.message);
    client.clear();
    expect(await outcome).toBe("cleared");
    expect(client.unconfirmed).toBe(0);
  });

  test("go no faster than the limit allows", async () => {
    const { admit, client, say } = chat({ rate: { messagesPerMinute: 60, burstLimit: 2 } });
    void client.connect();
    const socket = await admit();
    for (const content of ["one", "two", "three", "four"]) void say(content);
    for (let n = 0; n < 4; n++) confirm(socket);
    expect(contents(socket)).toEqual(["one", "two"]);
    clock.advance(999);
    expect(contents(socket)).toEqual(["one", "two"]);
    clock.advance(1);
    expect(contents(socket)).toEqual(["one", "two", "three"]);
  });
});

describe("a full queue", () => {
  test("refuses one more", async () => {
    const { say } = chat({ queue: { limit: 1 } });
    void say("one");
    await expect(say("two")).rejects.toThrow(QueueFull);
  });

  test("drops the oldest, where it is told to", async () => {
    const { admit, client, say } = chat({ queue: { limit: 1, whenFull: "drop-oldest" } });
    const dropped = say("one").catch((error: Error) => error.message);
    void say("two");
    expect(await dropped).toBe("dropped for a newer message");
    void client.connect();
    expect(contents(await admit())).toEqual(["two"]);
  });
});

test("a store keeps what is not confirmed for the next page, ahead of anything new", async () => {
  const kept = new Map<string, QueuedMessage>();
  const store: MessageStore = {
    load: async () => [...kept.values()],
    put: async (message) => void kept.set(message.id, message),
    delete: async (id) => void kept.delete(id),
  };
  const before = chat({ store });
  void before.say("one");
  void before.say("two");
  await before.client.disconnect();
  expect([...kept.values()].map(({ data }) => data["content"])).toEqual(["one", "two"]);

  const after = chat({ store });
  void after.say("three");
  void after.client.connect();
  const socket = await after.admit();
  for (let n = 0; n < 3; n++) confirm(socket);
  expect(contents(socket)).toEqual(["one", "two", "three"]);
  await settled();
  expect(kept.size).toBe(0);
});

test("the queue of the contract", () => {
  const queue = new MessageQueue<string>();
  expect([queue.isEmpty(), queue.size(), queue.dequeue()]).toEqual([true, 0, null]);
  queue.enqueue("one");
  queue.enqueue("two");
  expect([queue.isEmpty(), queue.size(), queue.dequeue()]).toEqual([false, 2, "one"]);
  queue.clear();
  expect(queue.isEmpty()).toBe(true);
});
