import { expect, test } from "bun:test";
import {
  CollaborationWebSocketClient,
  GurukulClient,
  VoiceChannelClient,
} from "../../packages/client/src/index.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type FakeSocket, fakeSockets, hasty, offsetStore, settled, tokenOf } from "./support.ts";

const timestamp = "2026-03-02T08:30:00.000Z";

test.each(["Server busy, try again", "Rate limit exceeded", "Internal server error"])(
  "text typed offline is kept when its session cannot be joined again just now: %s",
  async (error) => {
    const clock = new FakeClock(0);
    const { create, next } = fakeSockets();
    const client = new CollaborationWebSocketClient({
      ...{ url: "ws://documents", token: tokenOf("ada"), contextId: "c", createSocket: create },
      ...{ clock, random: () => 0 },
    });
    void client.connect();
    const admit = async () => {
      const socket = await next();
      socket.open();
      socket.say({ type: "connected", timestamp, data: { userId: "ada" } });
      await settled();
      return socket;
    };
    const lastId = ({ sent }: FakeSocket) => sent.at(-1)?.["id"];
    const letIn = (socket: FakeSocket) =>
      socket.say({
        ...{ type: "session_joined", id: lastId(socket), timestamp },
        data: { sessionId: "s1", content: "Hello", version: 1, participants: [] },
      });
    const first = await admit();
    const joining = client.join("s1");
    letIn(first);
    const text = await joining;
    first.end();
    text.edit(5, 0, " world");
    clock.advance(1);
    const second = await admit();
    second.say({ type: "error", id: lastId(second), timestamp, error });
    expect(text.isReadOnly).toBe(false);
    expect(text.text).toBe("Hello world");
    clock.advance(5_000);
    const third = await admit();
    letIn(third);
    await settled();
    expect(third.sent.at(-1)).toMatchObject({ type: "edit", data: { content: " world", position: 5 } });
    await client.disconnect();
  },
);

test("a chat that was left is not resumed by the next page either", async () => {
  const { create, next } = fakeSockets();
  const store = offsetStore();
  const open = async () => {
    const client = new GurukulClient({
      ...{ url: "ws://chat/ws", token: tokenOf("ada"), createSocket: create, store, reconnect: hasty },
    });
    void client.connect();
    const socket = await next();
    socket.open();
    return { client, socket };
  };
  const answerPing = (socket: FakeSocket) => {
    const { data } = socket.sent.findLast(({ type }) => type === "ping") ?? {};
    socket.say({ type: "pong", data, timestamp: 1 });
  };
  const { client, socket } = await open();
  answerPing(socket);
  const joining = client.join("c1");
  socket.say({ type: "chat_update", data: { chatId: "c1", updates: {} }, timestamp: 1 });
  socket.say({ type: "placed", data: { room: "chat:c1", offset: 7 }, timestamp: 1 });
  answerPing(socket);
  await joining;
  const leaving = client.leave("c1");
  answerPing(socket);
  await leaving;
  await client.disconnect();
  const page = await open();
  expect(page.socket.address.url).not.toContain("resume=");
  await page.client.disconnect();
});

test("a handler that one before it has taken off hears nothing more", async () => {
  const { create, next } = fakeSockets();
  const voice = new VoiceChannelClient({ url: "ws://voice", token: "t", createSocket: create });
  const heard: string[] = [];
  const second = () => void heard.push("second");
  voice.subscribe("auth.ok", () => {
    heard.push("first");
    voice.unsubscribe("auth.ok", second);
  });
  voice.subscribe("auth.ok", second);
  const connected = voice.connect();
  const socket = await next();
  socket.open();
  socket.say({ v: 1, type: "ack", event: "auth.ok", ts: 1 });
  await connected;
  expect(heard).toEqual(["first"]);
  await voice.disconnect();
});
