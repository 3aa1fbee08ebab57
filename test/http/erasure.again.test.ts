import { expect, setDefaultTimeout, test } from "bun:test";
import { databaseOf, startChild } from "../support/child.ts";
import type { Frame } from "../support/client.ts";
import { AT, dietClient } from "../support/diet.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventually } from "../support/eventually.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { erase, erased, filesWith, NAME, SAID, tablesWith, USER } from "../support/personal.ts";
import { API_KEY, startTestServer, type TestServer } from "../support/server.ts";

setDefaultTimeout(60_000);
const MESSAGES = 1_000;

async function isErased(server: TestServer, clock: FakeClock): Promise<boolean> {
  clock.advance(300);
  const state = (await (await server.http("GET", `/v1/users/${USER}/erasure`)).json()) as Frame;
  return state["finishedAt"] !== null;
}

test("an erased user may come back as a new one, and be erased again", async () => {
  const clock = new FakeClock();
  const server = await startTestServer({ clock });
  try {
    for (let time = 0; time < 2; time++) {
      const client = await server.chat(USER, { name: NAME });
      await client.join("c");
      client.say("message", { chatId: "c", content: SAID, messageId: "m-1" });
      expect((await client.next("message"))["data"].message.content).toBe(SAID);
      expect((await erase(server)).status).toBe(202);
      await eventually(() => isErased(server, clock));
      expect(filesWith(server.directory, SAID)).toEqual([]);
      // Tokens of before are refused, with the tolerance for clocks that differ.
      clock.advance(5_000);
    }
    const list = (await (await server.http("GET", "/v1/erasures")).json()) as Frame;
    expect(list).toEqual({ erasures: [expect.objectContaining({ id: USER, redacted: 1 })], hasMore: false });
  } finally {
    await server.stop();
  }
});

test("friends who stay connected hear nothing of the new user", async () => {
  const clock = new FakeClock();
  const server = await startTestServer({ clock });
  try {
    const [noah, mira] = [await dietClient(server, "noah"), await dietClient(server, USER)];
    await mira.befriend(noah);
    expect((await erase(server)).status).toBe(202);
    await eventually(() => isErased(server, clock));
    clock.advance(5_000);
    const before = (await noah.events()).length;
    const again = await dietClient(server, USER);
    const post = { postId: "p", authorId: USER, authorName: NAME, content: SAID, type: "tip", createdAt: AT };
    expect(await again.ask("post.created", post)).toMatchObject({ success: true });
    await again.ask("user.presence", { userId: USER, status: "busy", lastSeen: AT });
    expect((await noah.events()).slice(before)).toEqual([]);
  } finally {
    await server.stop();
  }
});

test("a user whose id has a quote and a backslash is exported and erased from what is kept about others", async () => {
  const server = await startTestServer();
  try {
    const odd = 'mi"r\\a/%';
    const path = `/v1/users/${encodeURIComponent(odd)}`;
    const [noah, mira] = [await dietClient(server, "noah"), await dietClient(server, odd)];
    await mira.befriend(noah);
    await dietClient(server, odd, { rooms: ["group:g"] });
    const state = async () => {
      const lines = (await (await server.http("GET", `${path}/export`)).text()).trimEnd().split("\n");
      const all: Frame[] = lines.map((line) => JSON.parse(line));
      return all.flatMap(({ type, room, key }) => (type === "state" ? `${room} ${key}` : []));
    };
    const others = [`diet-user:noah friend ${odd}`, `group:g seen ${odd}`];
    expect(await state()).toEqual(expect.arrayContaining(others));
    await server.http("DELETE", path);
    await erased(server, encodeURIComponent(odd));
    expect(await state()).toEqual([]);
    expect(tablesWith(server.directory, JSON.stringify(odd).slice(1, -1)).toSorted()).toEqual([
      ...["erasures", "removed_rooms", "users"],
    ]);
  } finally {
    await server.stop();
  }
});

test("an erasure that a kill interrupts goes on after the start, and what it left is in no file", async () => {
  const directory = temporaryDirectory();
  const request = (port: number | string, method: string, path: string, body?: unknown) =>
    fetch(`http://127.0.0.1:${String(port)}${path}`, {
      method,
      headers: { authorization: `Bearer ${API_KEY}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const numbered = (number: number) => ({
    room: `chat:${number % 7}`,
    type: "message",
    data: {
      chatId: `${number % 7}`,
      message: {
        ...{ id: `m-${number}`, chatId: `${number % 7}`, userId: USER, content: `${SAID} ${number}` },
        ...{ role: "user", timestamp: "2026-03-02T08:30:00Z", metadata: { from: NAME } },
      },
    },
  });
  const all = Array.from({ length: MESSAGES }, (_, number) => numbered(number));
  let server = await startChild({ directory });
  try {
    expect((await request(server.port, "POST", "/v1/gurukul/events", all)).status).toBe(200);
    expect((await request(server.port, "DELETE", `/v1/users/${USER}`)).status).toBe(202);
    await server.kill();
    const interrupted = filesWith(directory, SAID);
    server = await startChild({ directory });
    await eventually(async () => {
      const answer = await request(server.port, "GET", `/v1/users/${USER}/erasure`);
      const state = (await answer.json()) as Frame;
      return state["finishedAt"] !== null && state["redacted"] > 0;
    });
    expect(interrupted).not.toEqual([]);
    for (const text of [SAID, NAME]) expect(filesWith(directory, text)).toEqual([]);
    expect(tablesWith(directory, USER, databaseOf(directory)).toSorted()).toEqual(["erasures", "users"]);
  } finally {
    await server.kill();
  }
});
