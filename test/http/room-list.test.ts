import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { expectProblem } from "../support/problem.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../support/server.ts";

const DIET_KEY = "diet-secret-of-16-ch";
const env = { API_KEYS: `${API_KEY},xp:${DIET_KEY}:read:diet` };
const server = stopAfterAll(await startTestServer({ env }));
const post = async (protocol: string, body: unknown) =>
  expect((await server.http("POST", `/v1/${protocol}/events`, body)).status).toBe(200);
const read = async (path: string): Promise<Frame> => (await (await server.http("GET", path)).json()) as Frame;
const said = (n: number) => ({
  room: "context:c",
  type: "message",
  data: { id: `m-${n}`, content: `${n}`, author: "School" },
});

await post("atomic", [0, 1, 2, 3, 4].map(said));
for (const room of ["chat:b", "chat:a", "stream:s", "group:g"])
  await server.http("PUT", `/v1/rooms/${room}`, {});
await post("diet", {
  user: "mia",
  type: "meal.logged",
  data: {
    ...{ mealId: "m", userId: "mia", mealType: "lunch", mealName: "Soup", calories: 200 },
    loggedAt: "2026-03-02T07:45:00.000Z",
  },
});

test("rooms are listed by name, a page at a time, with counts and last activity", async () => {
  const names: string[] = [];
  for (let after = ""; ; ) {
    const { rooms, hasMore } = await read(`/v1/rooms?limit=2&after=${after}`);
    names.push(...rooms.map(({ room }: Frame) => room));
    if (!hasMore) break;
    after = names.at(-1) ?? "";
  }
  expect(names).toEqual(["chat:a", "chat:b", "context:c", "group:g", "stream:s"]);
  const { rooms } = await read("/v1/rooms?kind=context");
  const lastActivity = expect.stringMatching(/Z$/);
  const context = { room: "context:c", title: null, open: false, messageCount: 5, online: 0 };
  expect(rooms).toEqual([{ ...context, lastActivity }]);
  expect((await read("/v1/rooms?kind=chat"))["rooms"][0]).toMatchObject({
    room: "chat:a",
    lastActivity: null,
  });
  await expectProblem(await server.http("GET", "/v1/rooms?kind=nothing"), 400, ["kind"]);
});

test("a key of one contract sees its rooms alone", async () => {
  const answer = await fetch(`http://127.0.0.1:${server.port}/v1/rooms`, {
    headers: { authorization: `Bearer ${DIET_KEY}` },
  });
  expect(((await answer.json()) as Frame)["rooms"].map(({ room }: Frame) => room)).toEqual(["group:g"]);
});

test("messages are paged forward, however many other events lie between them", async () => {
  const timestamp = "2026-03-02T08:32:00.000Z";
  const message = (n: number) => ({
    room: "group:far",
    type: "group.message",
    data: { messageId: `m-${n}`, groupId: "far", fromUserId: "mia", content: `${n}`, timestamp },
  });
  const left = (n: number) => ({
    room: "group:far",
    type: "group.member.left",
    data: { groupId: "far", userId: `u-${n}`, userName: "U", leftAt: timestamp },
  });
  const others = Array.from({ length: 900 }, (_, n) => left(n));
  await post("diet", [message(0), ...others, message(1), message(2)]);
  const { messages } = await read("/v1/rooms/group:far/messages?limit=1&after=group:far/1");
  expect(messages.map(({ data }: Frame) => data.messageId)).toEqual(["m-1"]);
});

test("messages are paged forward by the id of a message", async () => {
  const page = async (query: string) => {
    const { messages, hasMore } = await read(`/v1/rooms/context:c/messages?${query}`);
    return [messages.map(({ id }: Frame) => id), hasMore];
  };
  expect(await page("after=m-0&limit=2")).toEqual([["m-1", "m-2"], true]);
  expect(await page("after=m-1&limit=2")).toEqual([["m-2", "m-3"], true]);
  expect(await page("after=m-2&limit=2")).toEqual([["m-3", "m-4"], false]);
  expect(await page("after=m-4")).toEqual([[], false]);
  await expectProblem(await server.http("GET", "/v1/rooms/context:c/messages?after=x"), 400, ["after"]);
  await expectProblem(await server.http("GET", "/v1/rooms/context:c/messages?after=m-1&before=m-2"), 400, [
    "after",
  ]);
});
