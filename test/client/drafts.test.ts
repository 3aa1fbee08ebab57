import { expect, test } from "bun:test";
import { CollaborationWebSocketClient, type MessageStore } from "../../packages/client/src/index.ts";
import { eventually } from "../support/eventually.ts";
import { Random } from "../support/random.ts";
import { startRelay } from "../support/relay.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";
import { hasty, noRate } from "./support.ts";

const random = new Random(Random.seed());
const server = stopAfterAll(await startTestServer());

/** What is kept in a browser between two pages. */
function memory() {
  const kept = new Map<string, string>();
  const store: MessageStore = {
    load: async () => [],
    put: async () => {},
    delete: async () => {},
    loadDrafts: async (owner) => JSON.parse(kept.get(owner) ?? "[]"),
    saveDrafts: async (owner, drafts) => void kept.set(owner, JSON.stringify(drafts)),
  };
  return { kept, store };
}

function page(userId: string, store?: MessageStore, port = server.port) {
  return new CollaborationWebSocketClient({
    // One endpoint, no matter through which port.
    ...{ url: "ws://documents/api/collaboration/ws", token: () => server.token(userId) },
    createSocket: ({ url }) => new WebSocket(url.replace("documents", `127.0.0.1:${port}`)),
    ...{ rate: noRate, reconnect: hasty, ...(store && { store }) },
  });
}

async function enter(client: CollaborationWebSocketClient, session: string) {
  await client.connect();
  return client.join(session);
}

test("text typed offline outlives its page, and finds its place in what others have written meanwhile", async () => {
  const { kept, store } = memory();
  const relay = await startRelay(server.port);
  const before = page("ada", store, relay.port);
  const ada = await enter(before, "offline");
  ada.edit(0, 0, "Hello world");
  await ada.settled();
  relay.stop();
  await eventually(() => !ada.isJoined);
  ada.edit(5, 0, ", dear");
  ada.edit(ada.text.length, 0, "!");
  void before.disconnect();

  const bob = page("bob", store);
  const other = await enter(bob, "offline");
  expect(other.text).toBe("Hello world");
  other.edit(0, 0, "> ");
  await other.settled();

  const after = page("ada", store);
  const text = await enter(after, "offline");
  expect(text.text).toBe("> Hello, dear world!");
  await text.settled();
  await eventually(() => other.text === "> Hello, dear world!");
  expect([...kept.values()].filter((drafts) => drafts !== "[]")).toEqual([]);
  await Promise.all([after.disconnect(), bob.disconnect()]);
});

test("an edit whose confirmation the page did not live to hear is made once, and what was typed behind it follows", async () => {
  const { store } = memory();
  const relay = await startRelay(server.port);
  const before = page("ada", store, relay.port);
  const ada = await enter(before, "flying");
  relay.freeze();
  ada.edit(0, 0, "one");
  ada.edit(3, 0, " two");
  const bob = page("bob");
  const other = await enter(bob, "flying");
  await eventually(() => other.text === "one");
  void before.disconnect();
  relay.stop();
  const after = page("ada", store);
  const text = await enter(after, "flying");
  await text.settled();
  await eventually(() => other.text === "one two");
  expect(text.text).toBe("one two");
  await Promise.all([after.disconnect(), bob.disconnect()]);
});

test("what is left without being saved is named, and does not come back", async () => {
  const { kept, store } = memory();
  const client = page("ada", store);
  const text = await enter(client, "left");
  await client.disconnect();
  text.edit(0, 0, "gone");
  expect([...kept.values()].join()).toContain("gone");
  await text.leave().catch(() => {});
  await client.connect();
  expect((await client.join("left")).text).toBe("");
  await client.disconnect();
});

test("a store that fails to keep text is told of", async () => {
  const { store } = memory();
  const saveDrafts = async () => {
    throw new Error("the disk is full");
  };
  const client = page("ada", { ...store, saveDrafts });
  const told = new Promise((resolve) => client.onStoreEvent(resolve));
  const text = await enter(client, "full");
  text.edit(0, 0, "x");
  expect(await told).toMatchObject({ type: "failed", error: { message: "the disk is full" } });
  await text.settled();
  await client.disconnect();
});

test("over cuts and reloads at any moment, every word is there once and in order", async () => {
  const { store } = memory();
  const relay = await startRelay(server.port);
  const words = Array.from({ length: 80 }, (_, n) => `w${n} `);
  let client = page("ada", store, relay.port);
  let text = await enter(client, "reloads");
  for (const word of words) {
    text.edit(text.text.length, 0, word);
    if (random.chance(0.3)) relay.breakOff();
    if (random.chance(0.2)) await new Promise(setImmediate);
    if (!random.chance(0.2)) continue;
    void client.disconnect();
    client = page("ada", store, relay.port);
    text = await enter(client, "reloads");
  }
  await text.settled();
  await client.disconnect();
  const reader = page("reader");
  expect((await enter(reader, "reloads")).text).toBe(words.join(""));
  await reader.disconnect();
  relay.stop();
});
