import { expect, test } from "bun:test";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { backUp } from "../../src/storage/backup.ts";
import { openStorage } from "../../src/storage/open.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { event } from "../support/stored.ts";

const directory = temporaryDirectory();
const failed = (error: unknown) => {
  throw error;
};
const open = (name: string, logId?: string) =>
  openStorage(
    readConfig({ DATABASE_URL: `file:${join(directory, name)}` }),
    new FakeClock(0),
    failed,
    () => {},
    logId,
  );

/** What a start on this database says of its log. */
async function identityOf(name: string, logId?: string) {
  const storage = open(name, logId);
  await storage.close();
  return { logId: storage.logId, dedupSeed: storage.dedupSeed };
}

test("the first start makes the log's id and the seed of its hashes, which later starts and a backup keep", async () => {
  const first = await identityOf("one.db");
  expect(first.logId).toMatch(/^local-[\da-f-]{36}$/);
  expect(await identityOf("one.db")).toEqual(first);
  backUp(join(directory, "one.db"), join(directory, "copy.db"));
  expect(await identityOf("copy.db")).toEqual(first);
  const other = await identityOf("other.db");
  expect(other.logId).not.toBe(first.logId);
  expect(other.dedupSeed).not.toEqual(first.dedupSeed);
});

test("a new database takes the id of the shared log, and no server without that log goes on with it", async () => {
  expect((await identityOf("node.db", "log-1")).logId).toBe("log-1");
  expect((await identityOf("node.db", "log-1")).logId).toBe("log-1");
  expect(() => open("node.db")).toThrow(
    "DATABASE_URL: the database is one of several on the shared log log-1, and a server without that log would go on " +
      "in an order of its own: start it with the shared log, or name another database",
  );
  // What was refused holds no lock.
  expect((await identityOf("node.db", "log-1")).logId).toBe("log-1");
});

test("a database of another log is refused, and keeps its own", async () => {
  await identityOf("second.db", "log-2");
  const other = (name: string) => () => open(name, "log-1");
  expect(other("second.db")).toThrow(
    "the database holds the log log-2, but the shared log is log-1: name a database",
  );
  const { logId } = await identityOf("alone.db");
  expect(other("alone.db")).toThrow(`the database holds the log ${logId}, but the shared log is log-1`);
  const storage = open("alone.db");
  storage.store.transaction(() => storage.store.add(event(1)));
  await storage.close();
  expect((await identityOf("alone.db")).logId).toBe(logId);
});
