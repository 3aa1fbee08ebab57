import { describe, expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { comeBack, post, resumed, start, textOf, until } from "./stage.ts";

const server = await start({ env: { RESUME_LIMIT: "2000" } });
const texts = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `m${from + n}`);

describe("a connection that asks for offsets", () => {
  test("hears the room and offset of every stored event, and of nothing that is not stored", async () => {
    const plain = await server.chat("bob");
    const ada = await server.chat("ada", { query: "&offsets=1" });
    for (const client of [plain, ada]) await client.join("counted");
    ada.say("message", { chatId: "counted", content: "one", messageId: "t-1" });
    plain.say("typing", { chatId: "counted", userId: "bob", isTyping: true });
    expect(await ada.next("message")).toMatchObject({ room: "chat:counted", offset: 1 });
    const typing = await ada.next("typing");
    expect([typing["room"], typing["offset"]]).toEqual([undefined, undefined]);
    const frame = await plain.next("message");
    expect(Object.keys(frame)).toEqual(["type", "data", "timestamp"]);
  });

  test("gets them in the history of a join as well", async () => {
    await post(server, "past", 1, 3);
    const ada = await server.chat("ada", { query: "&offsets=1" });
    await ada.join("past");
    const { data } = await ada.next("batch");
    expect(data.messages.map((one: { offset: number }) => one.offset)).toEqual([1, 2, 3]);
  });

  test("gets in that history too what came before an event that follows one that is not shown", async () => {
    await post(server, "gap", 1, 3);
    const live = await server.chat("bob", { query: "&offsets=1" });
    await live.join("gap");
    await server.http("DELETE", "/v1/rooms/chat:gap/messages/gap-m2");
    await post(server, "gap", 5, 5);
    const ada = await server.chat("ada", { query: "&offsets=1" });
    await ada.join("gap");
    const { data } = await ada.next("batch");
    expect(data.messages.at(-1)).toEqual(await live.next("message"));
    expect(data.messages.at(-1)).toMatchObject({ offset: 5, after: 3 });
  });

  test("gets what a batch holds before a message that it repeats is confirmed", async () => {
    const ada = await server.chat("ada", { query: "&offsets=1&batch=1" });
    await ada.join("repeated");
    const own = { chatId: "repeated", content: "own", messageId: "r-1" };
    await post(server, "repeated", 1, 1);
    for (let n = 1; n <= 2; n++) ada.say("message", own);
    await ada.next("message");
    const heard = ada.frames.flatMap(({ type, data, offset }) =>
      type === "batch" ? data.messages.map((one: Frame) => one["offset"]) : (offset ?? []),
    );
    expect(heard).toEqual([1, 2, 2]);
  });

  test("gets them in batches too", async () => {
    const ada = await server.chat("ada", { query: "&offsets=1&batch=1" });
    await ada.join("batched");
    await post(server, "batched", 1, 2);
    const { data } = await ada.next("batch");
    expect(data.messages.map((one: { offset: number }) => one.offset)).toEqual([1, 2]);
  });
});

describe("a connection that resumes a room", () => {
  test("hears the verdict, every missed event once and in order, then what is live", async () => {
    await post(server, "long", 1, 500);
    const ada = await comeBack(server, "chat:long@123");
    ada.say("chat_update", { action: "join", chatId: "long" });
    const first = await ada.next(({ type }) => type !== "placed");
    expect(first["type"]).toBe("chat_update");
    const { data } = await ada.next();
    expect(data).toEqual({ room: "chat:long", after: 123, until: 500, complete: true });
    await post(server, "long", 501, 510);
    const heard = await until(ada, "m510");
    expect(heard.map(textOf)).toEqual(texts(124, 510));
    expect(heard.map((frame) => frame["offset"])).toEqual(heard.map((_, n) => 124 + n));
    expect(ada.frames.some((frame) => frame["type"] === "batch")).toBe(false);
  });

  test("has missed nothing: the verdict alone, and the room is live", async () => {
    await post(server, "quiet", 1, 3);
    const ada = await comeBack(server, "chat:quiet@3");
    await ada.join("quiet");
    expect((await ada.next(resumed))["data"]).toMatchObject({ after: 3, until: 3, complete: true });
    await post(server, "quiet", 4, 4);
    expect((await until(ada, "m4")).length).toBe(1);
  });

  test("from 0 gets all that is kept", async () => {
    await post(server, "whole", 1, 70);
    const ada = await comeBack(server, "chat:whole@0");
    await ada.join("whole");
    expect((await ada.next(resumed))["data"]).toMatchObject({ complete: true, after: 0 });
    expect((await until(ada, "m70")).map(textOf)).toEqual(texts(1, 70));
  });

  test("gets its own message in its place, once, when it speaks before all missed ones were told", async () => {
    await post(server, "busy", 1, 400);
    const ada = await comeBack(server, "chat:busy@0");
    ada.say("chat_update", { action: "join", chatId: "busy" });
    ada.say("message", { chatId: "busy", content: "mine", messageId: "mine-1" });
    const heard = await until(ada, "mine");
    expect(heard.map(textOf)).toEqual([...texts(1, 400), "mine"]);
    await post(server, "busy", 402, 402);
    expect((await until(ada, "m402")).map(textOf)).toEqual(["m402"]);
  });

  test("is told in batches, encoded the same way, when it wants batches", async () => {
    await post(server, "both", 1, 5);
    const ada = await comeBack(server, "chat:both@2", "&batch=1");
    await ada.join("both");
    await ada.next(resumed);
    expect((await until(ada, "m5")).map(textOf)).toEqual(texts(3, 5));
  });

  test("leaves and joins again: the second join is an ordinary one", async () => {
    await post(server, "twice", 1, 3);
    const ada = await comeBack(server, "chat:twice@1");
    await ada.join("twice");
    await until(ada, "m3");
    ada.say("chat_update", { action: "leave", chatId: "twice" });
    await ada.join("twice");
    expect((await ada.next("batch"))["data"].messages.length).toBe(3);
  });
});

test("a client that has a message on its screen hears that it was taken back meanwhile", async () => {
  await post(server, "taken", 1, 4);
  const { messages } = (await (await server.http("GET", "/v1/rooms/chat:taken/messages")).json()) as Frame;
  for (const index of [1, 3]) {
    const path = `/v1/rooms/chat:taken/messages/${messages[index].message?.id ?? messages[index].id}`;
    expect((await server.http("DELETE", path)).status).toBeLessThan(300);
  }
  const ada = await comeBack(server, "chat:taken@3");
  await ada.join("taken");
  expect((await until(ada, "")).length).toBe(1);
  await post(server, "taken", 7, 7);
  await until(ada, "m7");
  const told = ada.frames.flatMap(({ type, data }) =>
    type === "chat_update" ? [data.updates.redacted] : [],
  );
  expect(told.filter((id) => id !== undefined)).toEqual(["taken-m2"]);
});

describe("a verdict that is not complete", () => {
  test("ahead: the room never had this offset", async () => {
    await post(server, "restored", 1, 2);
    const ada = await comeBack(server, "chat:restored@9");
    await ada.join("restored");
    const verdict = { room: "chat:restored", after: 2, until: 2, complete: false, reason: "ahead" };
    expect((await ada.next(resumed))["data"]).toEqual(verdict);
    expect((await ada.next("batch"))["data"].messages.length).toBe(2);
  });

  test("too_many: the usual greeting follows instead", async () => {
    await post(server, "huge", 1, 2_001);
    const ada = await comeBack(server, "chat:huge@0");
    await ada.join("huge");
    expect((await ada.next(resumed))["data"]).toMatchObject({ complete: false, reason: "too_many" });
    const { data } = await ada.next("batch");
    expect(data.messages.length).toBe(50);
  });

  test("removed: the room was removed, whether it was made again or not", async () => {
    await post(server, "gone", 1, 5);
    await server.http("DELETE", "/v1/rooms/chat:gone");
    const first = await comeBack(server, "chat:gone@5");
    await first.join("gone");
    expect((await first.next(resumed))["data"]).toMatchObject({ complete: false, reason: "removed" });
    await post(server, "gone", 6, 7);
    const second = await comeBack(server, "chat:gone@5");
    await second.join("gone");
    expect((await second.next(resumed))["data"]).toMatchObject({ complete: false, reason: "removed" });
    const heard = await until(second, "m7");
    expect(heard.map(textOf)).toEqual(["m6", "m7"]);
    const third = await comeBack(server, `chat:gone@${heard[0]!["offset"]}`);
    await third.join("gone");
    expect((await third.next(resumed))["data"]).toMatchObject({ complete: true });
    expect((await until(third, "m7")).length).toBe(1);
  });

  test("forbidden: the user may no longer be in it", async () => {
    const query = `&resume=${encodeURIComponent("chat:secret@3")}`;
    const ada = await server.chat("ada", { rooms: ["chat:other"], query });
    const verdict = { room: "chat:secret", complete: false, reason: "forbidden" };
    expect((await ada.next(resumed))["data"]).toMatchObject(verdict);
    ada.say("chat_update", { action: "join", chatId: "secret" });
    expect((await ada.next("error"))["data"].code).toBe(403);
  });
});

describe("a resume that cannot be read", () => {
  for (const [what, text] of [
    ["no offset", "chat:a"],
    ["an offset that is none", "chat:a@x"],
    ["a negative offset", "chat:a@-1"],
    ["a room that is none", "a@1"],
    ["what stands for all rooms of a kind", "chat:a@0,chat:*@0"],
    ["a room twice", "chat:a@1,chat:a@2"],
    ["too many rooms", Array.from({ length: 101 }, (_, n) => `chat:${n}@1`).join(",")],
    ["too long", `chat:${"a".repeat(9_000)}@1`],
  ] as const) {
    test(`${what}: an error that names it, and an ordinary connection`, async () => {
      const ada = await comeBack(server, text);
      const { data } = await ada.next("error");
      expect([data.code, data.message]).toEqual([400, expect.stringContaining("resume")]);
      await ada.join("a");
      ada.say("message", { chatId: "a", content: "still here", messageId: `u-${what.replaceAll(" ", "-")}` });
      const frame = await ada.next((one) => one["data"].messageId === `u-${what.replaceAll(" ", "-")}`);
      expect("offset" in frame).toBe(false);
    });
  }

  test("an empty one asks for nothing", async () => {
    const ada = await comeBack(server, "");
    await ada.join("b");
    expect(ada.frames.map((frame) => frame["type"])).toEqual(["chat_update"]);
  });
});
