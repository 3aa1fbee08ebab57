import { describe, expect, test } from "bun:test";
import { NotSent } from "../../packages/client/src/index.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { clients, sendBy } from "./clients.ts";
import { KEEPERS, memoryStore, page, URL_OF, written } from "./store-page.ts";
import { outcome, settled, tokenOf } from "./support.ts";

describe.each(KEEPERS)("%s: what was written offline", (name) => {
  test("by one user is not sent by another, stays where it is, and is told of", async () => {
    const { kept, store } = memoryStore();
    const ada = page(name, store);
    void ada.write("of ada");
    await ada.client.disconnect();

    const bob = page(name, store, { token: tokenOf("bob") });
    void bob.client.connect();
    const socket = await bob.admit();
    void bob.write("of bob");
    expect(written(socket)).not.toContain("of ada");
    expect(written(socket)).toContain("of bob");
    expect(bob.told).toMatchObject([{ type: "foreign", messages: [{}] }]);
    expect(JSON.stringify(bob.told)).toContain("of ada");
    await bob.client.disconnect();
    expect(JSON.stringify([...kept.values()])).toContain("of ada");

    const again = page(name, store);
    void again.client.connect();
    const hers = await again.admit();
    expect(written(hers)).toContain("of ada");
    expect(written(hers)).not.toContain("of bob");
  });

  test.each([
    ["for another endpoint", { url: "wss://other.example.org/path" }],
    ["by somebody whom a token does not name", { token: "opaque" }],
  ])("%s is not sent", async (_, other) => {
    const { store } = memoryStore();
    const before = page(name, store, other);
    void before.write("foreign");
    await before.client.disconnect();
    const after = page(name, store);
    void after.client.connect();
    expect(written(await after.admit())).not.toContain("foreign");
    expect(after.told).toMatchObject([{ type: "foreign", messages: [{}] }]);
  });

  test("under a query that has changed is sent", async () => {
    const { store } = memoryStore();
    const before = page(name, store, { url: `${URL_OF}?page=1` });
    void before.write("mine");
    await before.client.disconnect();
    const after = page(name, store, { url: `${URL_OF}?page=2` });
    void after.client.connect();
    expect(written(await after.admit())).toContain("mine");
    expect(after.told).toEqual([]);
  });

  test("before the first token is whose that token is", async () => {
    const { store } = memoryStore();
    const before = page(name, store, { token: async () => tokenOf("ada") });
    void before.write("of ada");
    void before.client.connect();
    await before.next();
    await before.client.disconnect();
    const bob = page(name, store, { token: tokenOf("bob") });
    void bob.client.connect();
    expect(written(await bob.admit())).not.toContain("of ada");
    const ada = page(name, store);
    void ada.client.connect();
    expect(written(await ada.admit())).toContain("of ada");
  });

  test("by a page that never had a token is nobody's, unless it says whose it is", async () => {
    const { store } = memoryStore();
    const token = () => Promise.reject(new Error("offline"));
    const unknown = page(name, store, { token });
    void unknown.write("of somebody");
    const known = page(name, store, { token, userId: "ada", contextId: "" });
    void known.write("of ada");
    const ada = page(name, store);
    void ada.client.connect();
    const socket = await ada.admit();
    expect(written(socket)).not.toContain("of somebody");
    expect(JSON.stringify(ada.told)).toContain("of somebody");
    if (name !== "chat") expect(written(socket)).toContain("of ada");
  });

  test("by a user whom the client has taken for another since is not sent in the other's name", async () => {
    const { kept, store } = memoryStore();
    let user = "ada";
    const both = page(name, store, { token: () => tokenOf(user) });
    void both.client.connect();
    const first = await both.admit();
    const ada = both.write("of ada");
    first.end();
    user = "bob";
    both.clock.advance(1_000);
    const second = await both.admit();
    expect(written(second)).not.toContain("of ada");
    const error = await ada;
    expect(error).toBeInstanceOf(NotSent);
    expect(error).toMatchObject({ isKept: true });
    expect(kept.size).toBe(1);
    // She is back.
    second.end();
    user = "ada";
    both.clock.advance(1_000);
    expect(written(await both.admit())).toContain("of ada");
  });

  test("is sent before what is written while a slow store is read, also after a second connect", async () => {
    const { store } = memoryStore();
    const before = page(name, store);
    void before.write("stored");
    await before.client.disconnect();
    const read = Promise.withResolvers<void>();
    const after = page(name, { ...store, load: () => read.promise.then(() => store.load()) });
    void after.client.connect();
    await settled();
    void after.client.disconnect();
    void after.client.connect();
    void after.write("new");
    await settled();
    read.resolve();
    const socket = await after.admit();
    expect(written(socket)).toContain("stored");
    expect(written(socket)).not.toContain("new");
    expect(after.client.unconfirmed).toBe(2);
  });
});

test("a message is confirmed also if a slow store answers a user late, who has gone and come back since", async () => {
  const { store } = memoryStore();
  const reads: (() => void)[] = [];
  const load: typeof store.load = () =>
    new Promise<void>((resolve) => reads.push(resolve)).then(() => store.load());
  let user = "ada";
  const { admit, client, write } = page("diet", { ...store, load }, { token: () => tokenOf(user) });
  for (const one of ["ada", "bob", "ada"]) {
    user = one;
    void client.disconnect();
    void client.connect();
    await settled();
  }
  expect(reads).toHaveLength(3);
  reads[2]?.();
  const socket = await admit();
  const sent = write("hello");
  await settled();
  reads[0]?.();
  await settled();
  expect(written(socket)).toContain("hello");
  const { id, type } = socket.sent.at(-1) ?? {};
  socket.say({ id, type, timestamp: "", success: true });
  expect(await sent).toBe("resolved");
  await client.disconnect();
});

test("a context's messages stay in it: the one that is asked for, or the token's", async () => {
  const { store } = memoryStore();
  const before = page("chat", store, { contextId: "one" });
  void before.write("of one");
  const claimed = page("chat", store, { token: tokenOf("ada", { contextId: "two" }) });
  void claimed.write("of two");
  const granted = page("chat", store, { token: tokenOf("ada", { rooms: ["context:three", "session:x"] }) });
  void granted.write("of three");
  for (const [contextId, mine] of [
    ["one", "of one"],
    ["two", "of two"],
    ["three", "of three"],
  ]) {
    const after = page("chat", store, { contextId: contextId ?? "" });
    void after.client.connect();
    const text = written(await after.admit());
    expect(["of one", "of two", "of three"].filter((one) => text.includes(one))).toEqual([mine ?? ""]);
    expect(after.told).toMatchObject([{ messages: [{}, {}] }]);
    await after.client.disconnect();
  }
});

test("what asks for something now is not kept for a later page", async () => {
  const { kept, store } = memoryStore();
  const clock = new FakeClock(0);
  const own = { url: URL_OF, token: tokenOf("ada"), store, clock };
  const asked: [keyof typeof clients, object][] = [
    ["chat", { type: "history", data: { limit: 1 } }],
    ["gurukul", { type: "chat_update", data: { action: "join", chatId: "c1" } }],
    ["analytics", { type: "subscribe", data: { metrics: ["performance"] } }],
    ["collaboration", { type: "join_session", data: { sessionId: "s1", role: "observer" } }],
    // The next page is in no session yet.
    [
      "collaboration",
      { type: "edit", data: { sessionId: "s1", operation: "insert", position: 0, content: "x", version: 0 } },
    ],
  ];
  for (const [name, message] of asked) void outcome(sendBy(clients[name].create(own), message));
  await settled();
  expect([...kept.values()]).toEqual([]);
});

test("a message that an older version has kept for nobody is told of", async () => {
  const { store } = memoryStore();
  await store.put({ id: "1", type: "message", data: { content: "old" } });
  const after = page("chat", store);
  void after.client.connect();
  expect(written(await after.admit())).not.toContain("old");
  expect(after.told).toMatchObject([{ type: "foreign", messages: [{ id: "1" }] }]);
});
