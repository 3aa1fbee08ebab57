import { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { backUp } from "../../src/storage/backup.ts";
import { databaseOf } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { eventually } from "../support/eventually.ts";
import { readFeed } from "../support/feed.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { put, shows } from "../support/webhooks.ts";

const directory = temporaryDirectory();
const database = databaseOf(directory);
const receiver = startReceiver();
afterAll(receiver.stop);

const leave = async (server: TestServer, guildId: string) => {
  const event = {
    room: `guild:${guildId}`,
    type: "voice.left",
    data: { guildId, channelId: null, userId: "u" },
  };
  expect((await server.http("POST", "/v1/discord/events", event)).status).toBe(200);
};
const rooms = async () => (await receiver.next()).events.map(({ room }) => room);

/** Removes a room whose event is the last one of the log, waits until it is gone, and starts again from a backup. */
async function restore(first: TestServer, room: string, kept: number): Promise<TestServer> {
  expect((await first.http("DELETE", `/v1/rooms/${room}`)).status).toBe(204);
  using client = new Database(database, { readonly: true });
  const count = client.query<{ n: number }, []>("SELECT count(*) AS n FROM events");
  await eventually(async () => count.get()?.n === kept);
  const backup = join(directory, "backup.db");
  backUp(database, backup, undefined, true);
  await first.stop();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(database + suffix, { force: true });
  copyFileSync(backup, database);
  rmSync(backup);
  return await startTestServer({ directory });
}

test("consumers and webhooks that have read all of a backup go on, though its last events went with their room", async () => {
  const first = await startTestServer({ directory });
  await put(first, { url: receiver.url });
  await leave(first, "kept");
  expect(await rooms()).toEqual(["guild:kept"]);
  await leave(first, "gone");
  expect(await rooms()).toEqual(["guild:gone"]);
  await shows(first, { lagEvents: 0 });
  const { next } = (await readFeed(first)).body;

  const second = await restore(first, "guild:gone", 1);
  await leave(second, "later");
  expect(await rooms()).toEqual(["guild:later"]);
  const { status, body } = await readFeed(second, `?after=${next}`);
  expect([status, body["events"]?.length]).toEqual([200, 1]);
  const lost = await readFeed(second, `?after=${BigInt(next) + 200_000n}`);
  expect([lost.status, lost.body["errors"]?.[0].message]).toEqual([
    400,
    expect.stringContaining("beyond the end"),
  ]);

  // Each restored backup has an end of its own.
  await shows(second, { lagEvents: 0 });
  const third = await restore(second, "guild:later", 1);
  for (const place of [next, body["next"]])
    expect((await readFeed(third, `?after=${place}`)).body).toMatchObject({ events: [], more: false });
  await leave(third, "last");
  expect(await rooms()).toEqual(["guild:last"]);
  await third.stop();
});
