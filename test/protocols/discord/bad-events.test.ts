import { beforeAll, expect, test } from "bun:test";
import type { Frame } from "../../support/client.ts";
import { API_KEY, startTestServer, stopAfterAll } from "../../support/server.ts";
import { created, post, type Viewer, watch } from "./viewer.ts";

let viewer: Viewer;
const server = stopAfterAll(await startTestServer());
beforeAll(async () => {
  viewer = await watch(server, { guildId: "1" });
});

async function problemOf(answer: Response): Promise<Frame> {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await answer.json()) as Frame;
  expect(problem).toMatchObject({ status: answer.status, title: expect.any(String) });
  return problem;
}
/** Where it says that something is wrong. */
const paths = ({ errors }: Frame): string[] => errors.map(({ path }: Frame) => path);

const good = created("1", "good");
const joined = {
  room: "guild:1",
  type: "voice.joined",
  data: { guildId: "1", channelId: "c", userId: "u", username: "Ada", avatar: "a_1" },
};
const left = { room: "guild:1", type: "voice.left", data: { guildId: "1", channelId: null, userId: "u" } };
const removed = { room: "guild:1", type: "room.deleted", data: { guildId: "1", channelId: "c" } };
const withData = (event: Frame, data: Frame) => ({ ...event, data: { ...event["data"], ...data } });

const wrong: [string, unknown, string[]][] = [
  [
    "each wrong field",
    withData(good, { channelId: 7, name: undefined, userLimit: "4" }),
    ["data.channelId", "data.name", "data.userLimit"],
  ],
  ["a guild id that is none", withData(good, { guildId: "" }), ["data.guildId"]],
  ["a limit below zero", withData(good, { userLimit: -1 }), ["data.userLimit"]],
  ["a limit that is no whole number", withData(good, { userLimit: 1.5 }), ["data.userLimit"]],
  ["a name that is too long", withData(good, { name: "x".repeat(201) }), ["data.name"]],
  ["a user who left into a channel", withData(left, { channelId: "c" }), ["data.channelId"]],
  [
    "a user without a name or an avatar",
    withData(joined, { username: null, avatar: undefined }),
    ["data.username", "data.avatar"],
  ],
  ["data that is no object", { ...good, data: "x" }, ["data"]],
  ["data that is missing", { ...good, data: undefined }, ["data"]],
  ["a room that is not the one of the data", { ...good, room: "guild:2" }, ["room"]],
  ["a joined user's room that is not the one of the data", { ...joined, room: "guild:2" }, ["room"]],
  ["a left user's room that is not the one of the data", { ...left, room: "guild:2" }, ["room"]],
  ["a removed room's room that is not the one of the data", { ...removed, room: "guild:2" }, ["room"]],
  ["a user who left without saying so", withData(left, { channelId: undefined }), ["data.channelId"]],
  ["a room of another contract", { ...good, room: "chat:1" }, ["room"]],
  ["all guilds as a room", { ...good, room: "guild:*" }, ["room"]],
  ["a room that is none", { ...good, room: "guild" }, ["room"]],
  ["no target", { ...good, room: undefined }, [""]],
  ["two targets", { ...good, user: "u" }, [""]],
  ["not everyone", { ...good, room: undefined, everyone: false }, ["everyone"]],
  ["an id with spaces", { ...good, id: "a b" }, ["id"]],
  ["an id that is a number", { ...good, id: 7 }, ["id"]],
  ["no type", { ...good, type: undefined }, ["type"]],
  ["an event that is none", "x", [""]],
  ["no events", [], [""]],
  ["a thousand events and one", Array(1_001).fill(good), [""]],
];

for (const [what, body, expected] of wrong) {
  test(`${what} gets 400 and is named`, async () => {
    const problem = await problemOf(await post(server, body));
    expect([problem["status"], paths(problem)]).toEqual([400, expected]);
  });
}

test("in an array each wrong field is named with its place, and none of the events is stored", async () => {
  const events = [
    { ...good, id: "first" },
    withData(good, { name: 7 }),
    { ...good, id: "second" },
    { ...withData(left, { userId: "" }), room: "guild:1" },
    { ...good, room: "guild:2" },
  ];
  const problem = await problemOf(await post(server, events));
  expect([problem["status"], paths(problem)]).toEqual([400, ["1.data.name", "3.data.userId", "4.room"]]);
  expect(await viewer.news()).toEqual([]);
  await post(server, [events[0], events[2]]);
  expect(await viewer.news()).toEqual(["good", "good"]);
});

test.each(["room.renamed", "auth", "auth.ok", "message", "constructor", "__proto__", ""])(
  "the type '%s' gets 404, for there is no such event",
  async (type) => {
    expect(await problemOf(await post(server, { ...good, type }))).toMatchObject({
      status: 404,
      errors: [{ path: "type" }],
    });
    expect(await problemOf(await post(server, [good, { ...good, type }]))).toMatchObject({
      status: 404,
      errors: [{ path: "1.type" }],
    });
    expect(await viewer.news()).toEqual([]);
  },
);

test.each(["discords", "Discord", "constructor", "__proto__"])(
  "the protocol '%s' gets 404, for there is none",
  async (protocol) => {
    const answer = await server.http("POST", `/v1/${protocol}/events`, good);
    expect(await problemOf(answer)).toMatchObject({ status: 404 });
  },
);

const send = (body: string, key = API_KEY) =>
  fetch(`http://127.0.0.1:${server.port}/v1/discord/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body,
  });

test("what is no JSON gets 400", async () => {
  for (const body of ["", "{", "undefined", "[1,"]) {
    expect(await problemOf(await send(body))).toMatchObject({ status: 400 });
  }
});

test("nobody posts without the key of a backend", async () => {
  for (const key of ["", `${API_KEY}x`, await server.token("ada")]) {
    expect(await problemOf(await send(JSON.stringify(good), key))).toMatchObject({ status: 401 });
  }
  expect(await viewer.news()).toEqual([]);
});

test("a body of more than 4 MiB gets 413, and the server lives", async () => {
  const answer = await send(JSON.stringify({ ...good, more: "x".repeat(4 * 1024 * 1024) }));
  expect(answer.status).toBe(413);
  await post(server, good);
  expect(await viewer.news()).toEqual(["good"]);
});
