import { describe, expect, test } from "bun:test";
import { VoiceChannelClient } from "../../packages/client/src/index.ts";
import { clientNames } from "./clients.ts";
import { stage } from "./connect-stage.ts";
import { KEEPERS, memoryStore, page, written } from "./store-page.ts";
import { fakeSockets, outcome, settled, tokenOf } from "./support.ts";

describe("a store that fails", () => {
  const broken = (): never => {
    throw new Error("the disk is full");
  };

  test("costs no message, and says what it has not kept", async () => {
    const { admit, client, told, write } = page("chat", { ...memoryStore().store, put: broken });
    void write("one");
    await settled();
    expect(told).toMatchObject([
      { type: "failed", messages: [{ data: { content: "one" } }], error: { message: "the disk is full" } },
    ]);
    void client.connect();
    expect(written(await admit())).toContain("one");
  });

  test("when it is read does not keep the client from connecting, and is read again", async () => {
    const { store } = memoryStore();
    const before = page("chat", store);
    void before.write("stored");
    let isBroken = true;
    const load = () => (isBroken ? broken() : store.load());
    const { admit, client, clock, told } = page("chat", { ...store, load });
    void client.connect();
    const first = await admit();
    expect(told).toMatchObject([{ type: "failed", messages: [], error: { message: "the disk is full" } }]);
    first.end();
    isBroken = false;
    clock.advance(1_000);
    expect(written(await admit())).toContain("stored");
  });
});

test("a store that throws costs no event", async () => {
  const { create, next } = fakeSockets();
  const fail = () => {
    throw new Error("QuotaExceededError");
  };
  const voice = new VoiceChannelClient({
    ...{ url: "ws://voice", token: tokenOf("ada"), createSocket: create },
    store: { load: fail, put: fail, delete: fail, loadOffsets: fail, saveOffsets: fail },
  });
  const heard: unknown[] = [];
  voice.subscribe("voice.left", ({ payload }) => heard.push(payload));
  const connected = voice.connect();
  const socket = await next();
  socket.open();
  socket.say({ v: 1, type: "ack", event: "auth.ok", ts: 1 });
  await connected;
  const event = { v: 1, type: "event", event: "voice.left", payload: { userId: "1" }, ts: 1 };
  socket.say({ ...event, room: "guild:1", offset: 1 });
  expect(heard).toEqual([{ userId: "1" }]);
  await voice.disconnect();
});

describe("a store that never answers", () => {
  const never = () => new Promise<never>(() => {});
  const silent = {
    ...{ load: never, put: never, delete: never },
    ...{ loadOffsets: never, saveOffsets: never, loadDrafts: never, saveDrafts: never },
  };

  test.each(clientNames)("does not keep %s from connecting", async (name) => {
    const { admit, all, client, clock } = stage(name, { store: silent, userId: "ada" });
    const told: unknown[] = [];
    client.onStoreEvent((event) => told.push(event));
    const connected = outcome(client.connect());
    for (let seconds = 0; seconds < 15 && all.length === 0; seconds++) {
      clock.advance(1_000);
      await settled();
    }
    await admit();
    expect(await connected).toBe("resolved");
    expect(told).toContainEqual({ type: "failed", messages: [], error: new Error("No answer") });
    await client.disconnect();
  });

  test.each(KEEPERS)("costs a message of %s its life beyond the page, and nothing else", async (name) => {
    const { admit, client, clock, write } = page(name, { ...memoryStore().store, load: never });
    void write("new");
    void client.connect();
    await settled();
    clock.advance(4_000);
    const socket = await admit();
    expect(written(socket)).toContain("new");
    await client.disconnect();
  });
});

test.each(KEEPERS)(
  "%s: a message that a silent store may have is given up with its connection",
  async (name) => {
    const put = () => new Promise<never>(() => {});
    const { client, clock, next, write } = page(name, { ...memoryStore().store, put });
    const sent = write("new");
    void outcome(client.connect());
    (await next()).end(1008, "Access denied");
    await settled();
    clock.advance(4_000);
    expect(await sent).toMatchObject({ name: "NotSent", isKept: false });
  },
);

test("a message that is confirmed before a slow store has it is in the store no more", async () => {
  const { kept, store } = memoryStore();
  const written = Promise.withResolvers<void>();
  const put: typeof store.put = (message) => written.promise.then(() => store.put(message));
  const { admit, client, write } = page("diet", { ...store, put });
  const sent = write("slow");
  void client.connect();
  const socket = await admit();
  const { id, type } = socket.sent.at(-1) ?? {};
  socket.say({ id, type, timestamp: "", success: true });
  expect(await sent).toBe("resolved");
  written.resolve();
  await settled();
  expect([...kept.values()]).toEqual([]);
  await client.disconnect();
});

describe("what a slow store has is waited for by the next attempt too", () => {
  const slow = <Kept>(kept: Kept) => {
    const read = Promise.withResolvers<void>();
    return { answer: read.resolve, load: () => read.promise.then(() => kept) };
  };

  test("the places of rooms", async () => {
    const { answer, load } = slow([["guild:1", 7]] as const);
    const store = { ...memoryStore().store, loadOffsets: load };
    const { admit, client } = stage("voice", { store });
    void client.connect();
    await settled();
    void client.disconnect();
    void client.connect();
    await settled();
    answer();
    const { address } = await admit();
    expect(decodeURIComponent(address.url)).toContain("resume=guild:1@7");
    await client.disconnect();
  });

  test("the text of documents", async () => {
    const { answer, load } = slow([]);
    const { all, client } = stage("collaboration", { store: { ...memoryStore().store, loadDrafts: load } });
    void client.connect();
    await settled();
    void client.disconnect();
    void client.connect();
    await settled();
    expect(all).toEqual([]);
    answer();
    await settled();
    expect(all).toHaveLength(1);
    await client.disconnect();
  });
});
