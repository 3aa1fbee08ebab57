import { describe, expect, test } from "bun:test";
import { GurukulClient } from "../../packages/client/src/index.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { type FakeSocket, fakeSockets, hasty, settled } from "./support.ts";

describe("with a server that the test plays", () => {
  const clock = new FakeClock();
  async function stage() {
    const { create, next } = fakeSockets();
    const client = new GurukulClient({
      ...{ url: "ws://chat/ws", token: "t", clock, createSocket: create, random: () => 0, reconnect: hasty },
    });
    void client.connect();
    const socket = await next();
    socket.open();
    answerPing(socket);
    return { client, next, socket };
  }
  /** The server has answered all that came before the last ping. */
  function answerPing(socket: FakeSocket): void {
    const { data } = socket.sent.findLast(({ type }) => type === "ping") ?? {};
    socket.say({ type: "pong", data, timestamp: 1 });
  }
  const said = ({ sent }: FakeSocket) => sent.filter(({ type }) => type !== "ping").map(({ data }) => data);

  test("an error that comes with a confirmation costs the next message nothing", async () => {
    const { client, socket } = await stage();
    const message = (content: string) =>
      client.send({ type: "message", data: { chatId: "c1", content, messageId: content } });
    const outcomes = Promise.allSettled([message("one"), message("two")]);
    const confirm = (messageId: string) => {
      const own = { chatId: "c1", id: messageId, role: "user", content: messageId };
      socket.say({ type: "message", data: { chatId: "c1", messageId, message: own }, timestamp: 1 });
    };
    socket.say({ type: "error", data: { code: 403, message: "Access denied to chat" }, timestamp: 1 });
    confirm("one");
    answerPing(socket);
    confirm("two");
    expect((await outcomes).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  });

  test("chats are joined again after a reconnect, but not those that were left", async () => {
    const { client, next, socket } = await stage();
    for (const chatId of ["stay", "go"]) {
      const joining = client.join(chatId);
      socket.say({ type: "chat_update", data: { chatId, updates: {} }, timestamp: 1 });
      answerPing(socket);
      await joining;
    }
    const leaving = client.leave("go");
    answerPing(socket);
    await leaving;
    socket.end();
    clock.advance(1);
    const again = await next();
    again.open();
    expect(said(again)).toEqual([{ action: "join", chatId: "stay" }]);
  });

  const join = (chatId: string) => ({ action: "join", chatId });
  function answer(socket: FakeSocket, chatId: string): void {
    socket.say({ type: "chat_update", data: { chatId, updates: {} }, timestamp: 1 });
  }
  async function joined(...chatIds: string[]) {
    const { client, next, socket } = await stage();
    for (const chatId of chatIds) {
      const joining = client.join(chatId);
      answer(socket, chatId);
      answerPing(socket);
      await joining;
    }
    socket.end();
    clock.advance(1);
    const again = await next();
    again.open();
    return { client, again, next };
  }

  test("a chat that is over the limit after a reconnect is joined a little later, unless it was left meanwhile", async () => {
    const { client, again } = await joined("one", "two", "left");
    expect(said(again)).toEqual([join("one"), join("two"), join("left")]);
    answer(again, "one");
    for (const _ of ["two", "left"])
      again.say({ type: "error", data: { code: 429, message: "Rate limit exceeded" }, timestamp: 1 });
    answerPing(again);
    expect(client.isConnected()).toBe(true);
    const leaving = client.leave("left");
    answerPing(again);
    await leaving;
    again.sent.length = 0;
    clock.advance(5_000);
    expect(said(again)).toEqual([join("two")]);
    answer(again, "two");
    answerPing(again);
    again.sent.length = 0;
    clock.advance(20_000);
    expect(said(again)).toEqual([]);
  });

  test("a chat that may not be joined again is forgotten", async () => {
    const { again, next } = await joined("mine", "theirs");
    answer(again, "mine");
    again.say({ type: "error", data: { code: 403, message: "Access denied to chat" }, timestamp: 1 });
    answerPing(again);
    again.end();
    clock.advance(1);
    const third = await next();
    third.open();
    expect(said(third)).toEqual([join("mine")]);
  });

  test("leaving that is written twice confirms nothing that comes behind it", async () => {
    const { client, socket } = await stage();
    const leaving = client.leave("c1");
    const sending = client.send({ type: "message", data: { chatId: "c1", content: "Hello" } });
    let isConfirmed = false;
    void sending.then(() => (isConfirmed = true));
    clock.advance(15_000);
    for (const { data } of socket.sent.filter(({ type }) => type === "ping"))
      socket.say({ type: "pong", data, timestamp: 1 });
    await leaving;
    await settled();
    expect(isConfirmed).toBe(false);
    client.disconnect();
  });
});
