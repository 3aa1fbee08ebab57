import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { expectProblem } from "../support/problem.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const server = stopAfterAll(await startTestServer());

const post = (protocol: string, events: unknown): Promise<Response> =>
  server.http("POST", `/v1/${protocol}/events`, events);
const page = (room: string, query: string): Promise<Response> =>
  server.http("GET", `/v1/rooms/${room}/messages?${query}`);
const imported = (id: string, timestamp: string) => ({
  room: "chat:old",
  type: "message",
  data: {
    chatId: "old",
    message: { id, chatId: "old", userId: "ada", role: "user", content: id, metadata: {}, timestamp },
  },
});

test("a history whose messages show times of their own is paged by their ids, and a time is an error", async () => {
  const events = Array.from({ length: 10 }, (_, n) => imported(`m-${n}`, `2020-01-01T00:00:0${n}Z`));
  expect((await post("gurukul", events)).status).toBe(200);
  for (const before of ["2021-01-01T00:00:00Z", "2021-01-01t00:00z", new Date().toISOString()]) {
    await expectProblem(await page("chat:old", `before=${before}`), 400, ["before"]);
  }
  const { messages, hasMore } = (await (await page("chat:old", "limit=2&before=m-5")).json()) as Frame;
  expect([messages.map(({ id }: Frame) => id), hasMore]).toEqual([["m-3", "m-4"], true]);
});

test.each(["stream:s-1", "group:g-1"])("a time is no place in the history of %s either", async (room) => {
  await expectProblem(await page(room, "before=2021-01-01T00:00:00Z"), 400, ["before"]);
});

test("ids that look like the server's are looked up as what they are", async () => {
  const ids = ["n-1", "msg-conv-1", "msg-conv-2", "msg-a-4", "msg-b-3"];
  expect(
    (
      await post(
        "gurukul",
        ids.map((id) => imported(id, "2020-01-01T00:00:00Z")),
      )
    ).status,
  ).toBe(200);
  const ada = await server.chat("ada");
  await ada.join("old");
  for (const id of ids) {
    expect([id, (await page("chat:old", `before=${id}`)).status]).toEqual([id, 200]);
    ada.say("read_receipt", { chatId: "old", messageIds: [id], userId: "ada" });
    expect((await ada.next(({ type }) => ["read_receipt", "error"].includes(type)))["type"]).toBe(
      "read_receipt",
    );
  }
  const atomic = (id: string) => ({
    room: "context:c",
    type: "message",
    data: { id, content: id, author: "School" },
  });
  expect((await post("atomic", ids.map(atomic))).status).toBe(200);
  for (const [n, id] of ids.entries()) {
    const { messages } = (await (await page("context:c", `before=${id}`)).json()) as Frame;
    expect([id, messages.length]).toEqual([id, n]);
  }
});

test("an event that is no message of the history is no place in it", async () => {
  const gift = {
    ...{ giftId: "g-1", giftType: "rose", quantity: 1 },
    sender: { userId: "u", username: "U", avatar: "", isSubscriber: false, isModerator: false },
    animation: { type: "particle", duration: 1, assetUrl: "", soundUrl: "" },
  };
  await post("hyperfocus", { room: "stream:s-1", type: "gift:received", data: gift });
  await expectProblem(await page("stream:s-1", "before=gift%20g-1"), 400, ["before"]);
  const joined = {
    room: "group:g-1",
    type: "group.member.joined",
    data: { groupId: "g-1", userId: "ada", userName: "Ada", joinedAt: "2026-01-01t00:00z" },
  };
  expect((await post("diet", joined)).status).toBe(200);
  for (const id of ["group:g-1/1", "group:g-1/0x1", "group:g-1/1e0", "group:g-1/%201"]) {
    await expectProblem(await page("group:g-1", `before=${id}`), 400, ["before"]);
  }
});
