import { Database } from "bun:sqlite";
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { issueToken } from "../../../src/auth/issue.ts";
import { systemClock } from "../../../src/core/ports/clock.ts";
import { type ChildServer, databaseOf, startChild } from "../../support/child.ts";
import type { Frame } from "../../support/client.ts";
import { DietInsistent } from "../../support/diet-insistent.ts";
import { eventually } from "../../support/eventually.ts";
import { SECRET } from "../../support/server.ts";

const ROUNDS = 5;
const CROWD = 5;
const GROUP = "g-1";

// Three seconds where nobody else wants the processor.
setDefaultTimeout(60_000);

let directory = "";
const servers: ChildServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.kill()));
  rmSync(directory, { recursive: true });
});

async function start(): Promise<ChildServer> {
  const server = await startChild({ directory });
  servers.push(server);
  return server;
}

async function comeBack(server: ChildServer, clients: readonly DietInsistent[]): Promise<void> {
  await Promise.all(
    clients.map(async (client) => {
      const who = { userId: client.userId, rooms: [`group:${GROUP}`], roles: [], ttl: "1h" };
      const token = await issueToken({ ...who, secret: SECRET, clock: systemClock });
      await client.comeBack(`ws://127.0.0.1:${server.port}/api/diet/ws`, token);
    }),
  );
  for (const client of clients) client.talk();
}

interface Stored {
  room: string;
  kind: string;
  data: Frame;
}

/** What a server that is gone has left behind. */
function look(): { events: Stored[]; friends: Set<string>; asked: Set<string>; waiting: Set<string> } {
  using database = new Database(databaseOf(directory));
  // Of one moment: the last server still runs.
  database.run("begin");
  const events = database
    .query<{ room: string; kind: string; body: string }, []>(
      "select name room, kind, body from events join rooms on rooms.id = room_id order by room_id, offset",
    )
    .all()
    .map(({ room, kind, body }) => ({ room, kind, data: JSON.parse(body) }));
  const rows = database
    .query<{ room: string; key: string; value: string }, []>(
      "select name room, key, value from state join rooms on rooms.id = state.room_id",
    )
    .all();
  const of = (word: string) =>
    rows
      .filter(({ key }) => key.startsWith(word))
      .map((row) => ({ ...row, user: row.room.slice(INBOX.length) }));
  const others = (word: string) => of(word).map(({ key, user }) => `${user} ${key.slice(word.length)}`);
  const asking = of("waiting ").flatMap(({ user, value }) => {
    const { from, type } = JSON.parse(value);
    return type === "friend.request" ? [`${from} ${user}`] : [];
  });
  return {
    ...{ events, friends: new Set(others("friend ")), asked: new Set(others("asked ")) },
    waiting: new Set(asking),
  };
}

const INBOX = "diet-user:";

test("whenever the server is killed, what it confirmed is in every inbox where it belongs, once, and friends are friends of each other", async () => {
  const seed = Number(process.env["DURABILITY_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  console.log(`DURABILITY_SEED=${seed}`);
  const moments = fc.sample(fc.integer({ min: 10, max: 700 }), { seed, numRuns: ROUNDS });
  directory = mkdtempSync(join(tmpdir(), "diet-durability-"));
  let left = 0;
  let kill = () => {};
  const confirmed = () => {
    if (--left === 0) kill();
  };
  const clients: DietInsistent[] = [];
  for (const [round, moment] of moments.entries()) {
    const server = await start();
    const killed = new Promise<void>((resolve) => {
      left = moment;
      kill = () => resolve(server.kill());
    });
    // Friendship happens once to two people, so that each round brings new ones.
    const users = Array.from({ length: CROWD }, (_, n) => `u-${round}-${n}`);
    const others = (user: string) => users.filter((one) => one !== user);
    const crowd = users.map((user) => new DietInsistent(user, others(user), GROUP, confirmed));
    clients.push(...crowd);
    await comeBack(server, clients.slice(-2 * CROWD));
    await killed;
    const { asked, friends, waiting } = look();
    for (const pair of friends) expect(friends).toContain(pair.split(" ").reverse().join(" "));
    expect(waiting).toEqual(asked);
  }
  const last = await start();
  await comeBack(last, clients);
  await Promise.all(clients.map((client) => client.rest()));

  const { asked, events, friends } = look();
  expect(clients.flatMap(({ contradicted }) => contradicted)).toEqual([]);
  const frames = clients.flatMap((client) => [...client.confirmed.values()]);
  const said = (type: string) => frames.filter((frame) => frame["type"] === type).map(({ data }) => data);
  const stored = (type: string) => events.filter(({ kind }) => kind === type);
  const places = (all: readonly string[]) => all.toSorted();
  const inboxes = (type: string, idOf: (data: Frame) => string) =>
    places(stored(type).map(({ data, room }) => `${room} ${idOf(data)}`));

  const direct = said("direct.message");
  expect(direct.length).toBeGreaterThan(moments.reduce((sum, moment) => sum + moment) / 2);
  expect(inboxes("direct.message", ({ messageId }) => messageId)).toEqual(
    places(
      direct.flatMap(({ fromUserId, messageId, toUserId }) =>
        [fromUserId, toUserId].map((user) => `${INBOX}${user} ${messageId}`),
      ),
    ),
  );
  const inGroup = said("group.message");
  expect(inboxes("group.message", ({ messageId }) => messageId)).toEqual(
    places(inGroup.map(({ messageId }) => `group:${GROUP} ${messageId}`)),
  );
  const mentions = inboxes("notification", ({ message }) => message);
  expect(new Set(mentions).size).toBe(mentions.length);
  expect(mentions).toEqual(
    places(
      inGroup.flatMap(({ mentions, messageId }) =>
        mentions.map((user: string) => `${INBOX}${user} ${messageId}`),
      ),
    ),
  );

  // Of the two who ask each other, the second may find that they are friends already.
  for (const { fromUserId, requestId, toUserId } of said("friend.request")) {
    const rooms = stored("friend.request").filter(({ data }) => data["requestId"] === requestId);
    const both = [fromUserId, toUserId].map((user) => INBOX + user);
    expect([[], places(both)]).toContainEqual(places(rooms.map(({ room }) => room)));
    expect(friends.has(`${fromUserId} ${toUserId}`) || asked.has(`${fromUserId} ${toUserId}`)).toBe(true);
  }
  const accepted = said("friend.accepted");
  expect(accepted).not.toHaveLength(0);
  for (const { friendId, userId } of accepted) {
    expect(friends).toContain(`${userId} ${friendId}`);
    expect(friends).toContain(`${friendId} ${userId}`);
  }
  const pairs = stored("friend.accepted").map(
    ({ data, room }) => `${room} ${[data["userId"], data["friendId"]].sort()}`,
  );
  expect(new Set(pairs).size).toBe(pairs.length);
  expect(pairs).toHaveLength(friends.size);

  // Nobody has read anything: a user who comes back gets all of it, in order and once.
  for (const client of clients) {
    const inbox = stored("direct.message").filter(({ room }) => room === INBOX + client.userId);
    const unread = inbox.filter(({ data }) => data["toUserId"] === client.userId);
    const ids = unread.map(({ data }) => data["messageId"]);
    const heard = client.heard.at(-1) ?? [];
    await eventually(() => heard.length >= ids.length);
    expect(heard).toEqual(ids);
    client.close();
  }
});
