import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { databaseOf, startChild } from "../support/child.ts";
import { command, commandDirectory } from "../support/command.ts";
import { startTestServer } from "../support/server.ts";

const directory = commandDirectory();

const backUp = (target: string, database: string) =>
  command(["backup", target], { directory, env: { DATABASE_URL: `file:${database}` } });

test("while a server writes, all that was confirmed before is in the backup, and a server starts with it", async () => {
  const live = join(directory, "live");
  mkdirSync(live);
  const server = await startChild({ directory: live });
  const ada = await server.chat("ada");
  await ada.join("c");
  let said = 0;
  async function say(): Promise<string> {
    const messageId = `m-${++said}`;
    ada.say("message", { chatId: "c", content: "x".repeat(2_000), messageId });
    return (await ada.next("message"))["data"].messageId;
  }
  const confirmed: string[] = [];
  while (confirmed.length < 300) confirmed.push(await say());

  const restored = join(directory, "restored");
  mkdirSync(restored);
  let done = false;
  const backup = backUp(databaseOf(restored), databaseOf(live)).finally(() => {
    done = true;
  });
  while (!done) await say();
  const { code, err, out } = await backup;
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/^\S+test\.db: \d+\.\d MB, up to log position \d+\n$/);
  expect(statSync(databaseOf(restored)).mode & 0o777).toBe(0o600);
  expect(readdirSync(restored)).toEqual(["test.db"]);
  await server.kill();

  const second = await startTestServer({ directory: restored });
  try {
    const { messageCount } = (await (await second.chat("bob")).join("c"))["data"].updates;
    expect(messageCount).toBeGreaterThanOrEqual(confirmed.length);
    expect(messageCount).toBeLessThanOrEqual(said);
    using database = new Database(databaseOf(restored), { readonly: true });
    const stored = database.query("select client_id from events order by id").values().flat();
    expect(stored.slice(0, confirmed.length)).toEqual(confirmed);
    expect(stored).toEqual(stored.map((_, index) => `m-${index + 1}`));
  } finally {
    await second.stop();
  }
});

test("nothing is overwritten, and nothing is left where it fails", async () => {
  const folder = join(directory, "failures");
  mkdirSync(folder);
  const database = join(folder, "some.db");
  expect((await command(["migrate"], { directory, env: { DATABASE_URL: `file:${database}` } })).code).toBe(0);
  const taken = join(folder, "taken.db");
  await Bun.write(taken, "precious");
  expect(await backUp(taken, database)).toEqual({
    code: 1,
    out: "",
    err: `switchboard: ${taken} exists and a backup overwrites nothing: name a new file\n`,
  });
  expect(await Bun.file(taken).text()).toBe("precious");
  expect(await backUp(join(folder, "b.db"), join(folder, "none.db"))).toMatchObject({
    code: 1,
    err: `switchboard: DATABASE_URL: there is no ${join(folder, "none.db")}\n`,
  });
  const broken = await backUp(join(folder, "b.db"), taken);
  expect([broken.code, broken.err]).toEqual([
    1,
    `switchboard: the backup ${join(folder, "b.db")} could not be written (file is not a database)\n`,
  ]);
  expect((await backUp(join(folder, "nowhere/b.db"), database)).code).toBe(1);
  expect(readdirSync(folder).sort()).toEqual([
    "some.db",
    "some.db-lock",
    "some.db-shm",
    "some.db-wal",
    "taken.db",
  ]);
});
