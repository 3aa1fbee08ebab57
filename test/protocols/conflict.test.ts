import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());
const timestamp = "2026-01-01T00:00:00Z";

test("gurukul: a messageId with another text is error 409, with the same one a repeat, over a restart too", async () => {
  const kept = await startTestServer();
  const ada = await kept.chat("ada");
  await ada.join("c");
  const say = (content: string, agentId?: string) =>
    ada.say("message", { chatId: "c", content, messageId: "m-1", ...(agentId && { agentId }) });
  say("caf\u00e9 <b>now</b>");
  const first = (await ada.next("message"))["data"].message;
  say("other");
  expect((await ada.next("error"))["data"]).toMatchObject({ code: 409 });
  say("caf\u00e9 <b>now</b>", "therapist");
  expect((await ada.next("error"))["data"]).toMatchObject({ code: 409 });
  // Cleaned and normalised it is the same.
  say("cafe\u0301 now");
  expect((await ada.next("message"))["data"].message).toEqual(first);

  const again = await kept.restart();
  const bob = await again.chat("ada");
  await bob.join("c");
  bob.say("message", { chatId: "c", content: "other", messageId: "m-1" });
  expect((await bob.next("error"))["data"]).toMatchObject({ code: 409 });
  await again.stop();
});

test("atomic: an id with another text or kind is an error", async () => {
  const token = await server.token("ada");
  const chat = await server.connect(`/api/chat/ws?token=${token}&contextId=c`);
  const say = (content: string, messageType = "text") =>
    chat.send({ type: "message", id: "m-1", data: { content, messageType } });
  say("one");
  const first = await chat.next("message");
  for (const wrong of [() => say("two"), () => say("one", "image")]) {
    wrong();
    expect(await chat.next("error")).toMatchObject({ id: "m-1" });
  }
  say("one");
  expect((await chat.next("message"))["data"]).toEqual(first["data"]);

  const editor = await server.connect(`/api/collaboration/ws?token=${token}`);
  editor.send({ type: "join_session", data: { sessionId: "s", role: "participant" } });
  await editor.next("session_joined");
  const edit = (data: Frame) =>
    editor.send({ type: "edit", id: "e-1", data: { sessionId: "s", version: 0, ...data } });
  edit({ operation: "insert", position: 0, content: "abc" });
  expect((await editor.next("edit_ack"))["data"].version).toBe(1);
  for (const other of [
    { operation: "insert", position: 0, content: "abd" },
    { operation: "delete", position: 0, length: 1, version: 1 },
  ]) {
    edit(other);
    expect(await editor.next(({ type }) => ["error", "edit_ack"].includes(type))).toMatchObject({
      type: "error",
    });
  }
  edit({ operation: "insert", position: 0, content: "abc" });
  expect((await editor.next("edit_ack"))["data"].version).toBe(1);
});

test("diet: an id with another type or data is an error, and what was stored stays what it is", async () => {
  const diet = await server.connect("/api/diet/ws");
  diet.send({ type: "auth", token: await server.token("ada"), userId: "ada", sessionId: "s" });
  await diet.next("auth_response");
  const send = (type: string, data: Frame) => diet.send({ id: "d-1", type, timestamp, data });
  const task = { userId: "ada", taskName: "Plan", startedAt: timestamp, estimatedDuration: 1 };
  const answer = () => diet.next((frame) => frame["id"] === "d-1" && "success" in frame);
  send("task.started", { ...task, taskId: "t-1" });
  const first = await answer();
  expect(first["success"]).toBe(true);
  send("task.started", { ...task, taskId: "t-2" });
  expect(await answer()).toMatchObject({ success: false, error: { code: "INVALID_MESSAGE_FORMAT" } });
  send("task.progress", {
    ...{ taskId: "t-1", userId: "ada", progress: 50 },
    currentStep: "x",
    estimatedTimeRemaining: 1,
  });
  expect(await answer()).toMatchObject({ success: false });
  send("task.started", { ...task, taskId: "t-1" });
  expect((await answer())["data"]).toEqual(first["data"]);

  const direct = (content: string, id: string) =>
    diet.send({
      ...{ id, type: "direct.message", timestamp },
      data: { messageId: "dm-1", fromUserId: "ada", toUserId: "bob", content, timestamp, isRead: false },
    });
  direct("one", "d-2");
  expect(await diet.next((frame) => frame["id"] === "d-2" && "success" in frame)).toMatchObject({
    success: true,
  });
  direct("two", "d-3");
  expect(await diet.next((frame) => frame["id"] === "d-3" && "success" in frame)).toMatchObject({
    success: false,
  });
});
