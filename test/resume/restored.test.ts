import { expect, test } from "bun:test";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { backUp } from "../../src/storage/backup.ts";
import { databaseOf } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { readAll, readFeed } from "../support/feed.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { comeBack, post, resumed, textOf, until } from "./stage.ts";

const directory = temporaryDirectory();
const database = databaseOf(directory);
const backup = join(directory, "backup.db");
const LATER = 1_000_000_000_000;

/** The first answer to a client that resumes the chat `c`, and what follows up to this text. */
async function told(server: TestServer, number: number, last: string) {
  const client = await comeBack(server, `chat:c@${number}`);
  await client.join("c");
  const { room: _, ...verdict } = (await client.next(resumed))["data"];
  const events = (await until(client, last)).map((frame) => [textOf(frame), frame["offset"], frame["after"]]);
  return { verdict, events };
}

test("after a restored backup no number stands for two events, also when the room has gone beyond it", async () => {
  const first = await startTestServer({ directory });
  await post(first, "c", 1, 3);
  backUp(database, backup, undefined, true);
  await post(first, "c", 4, 6);
  const lost = (await readAll(first)).map((event) => event["position"]);
  await first.stop();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(database + suffix, { force: true });
  copyFileSync(backup, database);

  const server = await startTestServer({ directory });
  try {
    await post(server, "c", 7, 11);
    // A client that has heard nothing that is lost goes on. The first event after the restart says what came before it.
    expect(await told(server, 2, "m8")).toEqual({
      verdict: { after: 2, until: LATER + 8, complete: true },
      events: [
        ["m3", 3, undefined],
        ["m7", LATER + 4, 3],
        ["m8", LATER + 5, undefined],
      ],
    });
    const client = await comeBack(server, "chat:c@6");
    await client.join("c");
    const verdict = { after: LATER + 8, until: LATER + 8, complete: false, reason: "ahead" };
    expect((await client.next(resumed))["data"]).toEqual({ room: "chat:c", ...verdict });
    expect((await client.next("batch"))["data"].messages.length).toBe(8);
    await post(server, "c", 12, 12);
    expect(await client.next("message")).toMatchObject({ offset: LATER + 9 });
    expect((await told(server, LATER + 5, "m12")).events.map(([text]) => text)).toEqual([
      ...["m9", "m10", "m11", "m12"],
    ]);

    // A consumer that has read nothing that is lost goes on, too.
    const positions = (await readAll(server)).map((event) => event["position"]);
    expect(positions.slice(0, 3)).toEqual(lost.slice(0, 3));
    expect((await readAll(server, "limit=100", lost[2])).length).toBe(6);
    const { status, body } = await readFeed(server, `?after=${lost[4]}`);
    expect([status, body["errors"][0].message]).toEqual([400, expect.stringContaining("beyond the end")]);
  } finally {
    await server.stop();
  }
});

test("a copy that is no backup, such as a snapshot for another node, goes on as it was", async () => {
  const other = temporaryDirectory();
  backUp(database, databaseOf(other));
  const server = await startTestServer({ directory: other });
  try {
    await post(server, "c", 13, 13);
    expect((await told(server, LATER + 9, "m13")).events).toEqual([["m13", LATER + 10, undefined]]);
  } finally {
    await server.stop();
  }
});
