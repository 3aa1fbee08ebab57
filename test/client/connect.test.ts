import { describe, expect, test } from "bun:test";
import { systemClock } from "../../packages/client/src/clock.ts";
import type { MessageStore } from "../../packages/client/src/store.ts";
import { clientNames } from "./clients.ts";
import { stage } from "./connect-stage.ts";
import { outcome, settled } from "./support.ts";

/** A store that answers when the test says so. */
function slowStore() {
  const loaded = Promise.withResolvers<void>();
  const store: MessageStore = {
    load: () => loaded.promise.then(() => []),
    put: async () => {},
    delete: async () => {},
  };
  return { store, loaded: loaded.resolve };
}

describe.each(clientNames)("%s: connect and disconnect in one task", (name) => {
  test("end without a connection", async () => {
    const { all, client, clock } = stage(name);
    const connected = outcome(client.connect());
    await client.disconnect();
    await settled();
    clock.advance(60_000);
    await settled();
    expect(all).toEqual([]);
    expect(client.getConnectionState()).toBe("disconnected");
    expect(await connected).toEqual(new Error("disconnected"));
  });

  test("and connect again make one connection, and ask for one token", async () => {
    let asked = 0;
    const { admit, all, client } = stage(name, { token: () => `token ${++asked}` });
    const first = outcome(client.connect());
    void client.disconnect();
    const second = client.connect();
    await admit();
    await second;
    await settled();
    expect(all).toEqual([]);
    expect(asked).toBe(1);
    expect(await first).toEqual(new Error("disconnected"));
    expect(client.isConnected()).toBe(true);
  });

  test("end without a connection while a store is still being read", async () => {
    const { store, loaded } = slowStore();
    const { all, client } = stage(name, { store });
    const connected = outcome(client.connect());
    await settled();
    await client.disconnect();
    loaded();
    await settled();
    expect(all).toEqual([]);
    expect(client.getConnectionState()).toBe("disconnected");
    expect(await connected).toEqual(new Error("disconnected"));
  });

  test("are no error that nobody has caught", async () => {
    const { client } = stage(name);
    const unhandled: unknown[] = [];
    const hear = (error: unknown) => void unhandled.push(error);
    process.on("unhandledRejection", hear);
    void client.connect();
    await client.disconnect();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", hear);
    expect(unhandled).toEqual([]);
  });
});

test.each([Infinity, 2 ** 31])(
  "a limit of %p ms, more than a timer can count, is not over at once",
  async (limit) => {
    const { admit, client } = stage("gurukul", {
      clock: systemClock,
      connectTimeout: limit,
      heartbeat: { interval: limit },
      // A timer that cannot count its time ends after a millisecond: before this one.
      token: () => new Promise((resolve) => setTimeout(resolve, 2, "a token")),
    });
    const connected = outcome(client.connect({ timeout: limit }));
    void admit();
    expect(await connected).toBe("resolved");
    await client.disconnect();
  },
);

test("a gurukul client takes a URL that is relative to its page", async () => {
  Object.assign(globalThis, { location: { href: "https://example.org/app/page" } });
  const { client, next } = stage("gurukul", { url: "/ws" });
  void client.connect();
  const { address } = await next();
  Reflect.deleteProperty(globalThis, "location");
  expect(address.url).toBe("https://example.org/ws?token=a+token&offsets=1");
  await client.disconnect();
});
