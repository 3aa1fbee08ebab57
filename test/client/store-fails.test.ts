import { describe, expect, test } from "bun:test";
import { VoiceChannelClient } from "../../packages/client/src/index.ts";
import { memoryStore, page, written } from "./store-page.ts";
import { fakeSockets, settled, tokenOf } from "./support.ts";

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
