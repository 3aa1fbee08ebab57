import { expect, test } from "bun:test";
import type { Frame } from "../support/client.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { KEPT, live, NAME, SAID, USER } from "../support/personal.ts";
import { expectProblem } from "../support/problem.ts";
import { startTestServer, stopAfterAll } from "../support/server.ts";

const [READ, DIET, POST] = ["read-secret-of-tests", "diet-secret-of-tests", "post-secret-of-tests"];
const keys = `the-key-of-the-operator,reader:${READ}:read,diet:${DIET}:read:diet,poster:${POST}:publish`;
const server = stopAfterAll(await startTestServer({ env: { API_KEYS: keys } }));
await live(server);

async function exported(userId: string): Promise<Frame[]> {
  const answer = await server.http("GET", `/v1/users/${userId}/export`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
  const lines = (await answer.text()).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

test("an export has everything by and about a user, over all contracts, and says when it is whole", async () => {
  const all = await exported(USER);
  expect(all[0]).toEqual({
    ...{ type: "user", id: USER, lastActive: expect.any(String), tokensRefusedBefore: null },
  });
  expect(all.at(-1)).toEqual({ type: "end", lines: all.length - 1 });
  const of = (type: string) => all.filter((line) => line["type"] === type);
  expect(of("membership")).toEqual([
    { type: "membership", room: "group:g", role: null, since: expect.any(String) },
  ]);
  expect(of("receipt")).toEqual([{ type: "receipt", room: "chat:c", offset: 2, time: expect.any(String) }]);
  const rooms = new Set(of("event").map(({ protocol, room }) => `${protocol} ${room}`));
  expect([...rooms].toSorted()).toEqual([
    "atomic context:k",
    "atomic session:doc",
    "diet diet-user:mira-7f3",
    "diet diet-user:noah",
    "diet group:g",
    "discord guild:d",
    "gurukul chat:c",
    "hyperfocus stream:s",
  ]);
  const own = of("event").filter(({ room }) => room === `diet-user:${USER}`);
  // Direct messages that the user received are in their inbox.
  expect(own.map(({ kind }) => kind)).toContain("direct.message");
  expect(JSON.stringify(own)).toContain(KEPT);
  expect(of("event").find(({ room }) => room === "chat:c")).toMatchObject({
    ...{ kind: "message", offset: 1, sender: USER, position: expect.any(String) },
    data: { message: { content: SAID } },
  });
  // What somebody else said to others is not about the user.
  expect(of("event").filter(({ room }) => room === "chat:c").length).toBe(1);
  expect(of("state").map(({ room, key }) => `${room} ${key}`)).toContain(`diet-user:noah friend ${USER}`);
  expect(JSON.stringify(all)).toContain(NAME);
});

test("a user of whom nothing is stored gets an empty export", async () => {
  expect((await exported("nobody")).map(({ type }) => type)).toEqual(["user", "end"]);
});

test("an id that is part of another, or of a text, is another user's", async () => {
  const client = await server.chat("oah");
  await client.join("c");
  client.say("message", { chatId: "c", content: "noah says oah", messageId: "o-1" });
  await client.next("message");
  const events = (await exported("oah")).filter(({ type }) => type === "event");
  expect(events.map(({ room }) => room)).toEqual(["chat:c"]);
});

test("what the user has read in a room that was just removed is in it no more, as all else of the room", async () => {
  // Retention, which clears the room in steps, waits for this clock.
  const still = await startTestServer({ clock: new FakeClock() });
  try {
    await live(still);
    expect((await still.http("DELETE", "/v1/rooms/chat:c")).status).toBe(204);
    const all = await (await still.http("GET", `/v1/users/${USER}/export`)).text();
    expect(all).toContain('"type":"event"');
    expect(all).not.toContain('"type":"receipt"');
  } finally {
    await still.stop();
  }
});

test("a key needs the scope read for all contracts", async () => {
  const get = (secret: string) =>
    fetch(`http://127.0.0.1:${server.port}/v1/users/${USER}/export`, {
      headers: { authorization: `Bearer ${secret}` },
    });
  const reader = await get(READ);
  expect(reader.status).toBe(200);
  await reader.text();
  for (const secret of [DIET, POST]) await expectProblem(await get(secret), 403);
  await expectProblem(await server.http("GET", "/v1/users/a%20b/export"), 400, ["id"]);
});
