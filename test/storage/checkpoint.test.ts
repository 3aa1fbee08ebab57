import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CheckpointOptions, startCheckpoints } from "../../src/storage/checkpoint.ts";
import { FakeClock } from "../support/fake-clock.ts";

const SECOND = 1_000;
const PAGE = 4_096;

let directory: string;
let file: string;
let clock: FakeClock;
let errors: string[];
const cleanups: (() => unknown)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "checkpoint-"));
  file = join(directory, "switchboard.db");
  clock = new FakeClock();
  errors = [];
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  rmSync(directory, { recursive: true });
});

function start(options: CheckpointOptions = {}) {
  const checkpoints = startCheckpoints(file, clock, {
    onError: (error) => errors.push(error.message),
    ...options,
  });
  cleanups.push(checkpoints.stop);
  return checkpoints;
}

/** The connection of a server: it does no checkpoints of its own. */
function openWriter() {
  const database = new Database(file, { create: true });
  cleanups.push(() => database.close());
  database.run("PRAGMA busy_timeout = 5000");
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = NORMAL");
  database.run("PRAGMA wal_autocheckpoint = 0");
  database.run("CREATE TABLE log (body BLOB)");
  const insert = database.query("INSERT INTO log VALUES (zeroblob(?))");
  return {
    database,
    /** One transaction of about this number of pages. */
    write: (pages: number) => void insert.run(pages * PAGE),
  };
}

function logPages(database: Database): number {
  return database.query<{ log: number }, []>("PRAGMA wal_checkpoint(NOOP)").get()?.log ?? 0;
}
const databaseBytes = () => statSync(file).size;

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise(setImmediate);
}

test("what waits in the log is in the database after the next look, while the writer stays open", async () => {
  const { write } = openWriter();
  start();
  write(1_500);
  expect(databaseBytes()).toBeLessThan(100 * PAGE);
  clock.advance(SECOND);
  await until(() => databaseBytes() > 1_500 * PAGE);
  expect(errors).toEqual([]);
});

test("a log that is written without a pause begins again and again, and loses nothing", async () => {
  const { database, write } = openWriter();
  start({ writer: database, pages: 100, restartPages: 1_000 });
  let restarts = 0;
  let rows = 0;
  for (let before = 0; restarts < 5; rows++) {
    write(1);
    clock.advance(SECOND);
    await new Promise(setImmediate);
    const pages = logPages(database);
    if (pages < before) restarts++;
    before = pages;
  }
  expect(database.query("SELECT count(*) AS rows FROM log").get()).toEqual({ rows });
  expect(database.query("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
});

test("a backup that holds the log does not make the writer wait, and the log is moved after it", async () => {
  const { database, write } = openWriter();
  const backup = new Database(file);
  cleanups.push(() => backup.close());
  backup.run("BEGIN");
  backup.query("SELECT count(*) FROM log").get();
  start({ writer: database, pages: 100, restartPages: 1_000 });
  write(1_500);
  // A checkpoint that waits for the backup outlasts the test.
  database.run("PRAGMA busy_timeout = 60000");
  for (let turn = 0; turn < 1_000; turn++) {
    write(1);
    clock.advance(SECOND);
    await new Promise(setImmediate);
  }
  expect(databaseBytes()).toBeLessThan(1_500 * PAGE);

  backup.run("COMMIT");
  await until(() => {
    clock.advance(SECOND);
    return databaseBytes() > 2_500 * PAGE;
  });
});

test("what fails is reported, and the next look tries again", async () => {
  start();
  clock.advance(SECOND);
  await until(() => errors.length > 0);
  expect(errors).toEqual(["unable to open database file"]);

  const { write } = openWriter();
  write(1_500);
  clock.advance(SECOND);
  await until(() => databaseBytes() > 1_500 * PAGE);
  expect(errors).toHaveLength(1);
});

test("after stop the writer is alone with the file: closing it leaves the database and nothing else", async () => {
  const { database, write } = openWriter();
  const { stop } = start();
  write(10);
  clock.advance(SECOND);
  write(1_500);
  await Promise.all([stop(), stop()]);
  expect(databaseBytes()).toBeGreaterThan(1_500 * PAGE);
  database.close();
  expect(readdirSync(directory)).toEqual(["switchboard.db"]);
});

test("a restart that fails is reported, and the writer lives", async () => {
  const { write, database } = openWriter();
  const closed = new Database(file);
  closed.close();
  start({ writer: closed, pages: 100, restartPages: 1_000 });
  write(1_500);
  clock.advance(SECOND);
  await until(() => errors.length > 0);
  write(1);
  expect(database.query("SELECT count(*) AS rows FROM log").get()).toEqual({ rows: 2 });
});

test("stop resolves before the first look, and without a database", async () => {
  await start().stop();
  expect(errors).toEqual([]);
});

/** A program that has looked once, and then ends. */
async function runToItsEnd(end: string) {
  const path = (name: string) => JSON.stringify(join(import.meta.dir, "../..", name));
  openWriter();
  const program = `
    import { startCheckpoints } from ${path("src/storage/checkpoint.ts")};
    import { FakeClock } from ${path("test/support/fake-clock.ts")};
    const clock = new FakeClock();
    const { stop } = startCheckpoints(${JSON.stringify(file)}, clock);
    clock.advance(1000);
    ${end}`;
  const child = Bun.spawn([process.execPath, "--eval", program], { stdout: "pipe", stderr: "inherit" });
  cleanups.push(() => child.kill("SIGKILL"));
  return { said: await new Response(child.stdout).text(), code: await child.exited };
}

test("a process does not stay alive for its checkpoints", async () => {
  expect(await runToItsEnd("")).toEqual({ said: "", code: 0 });
});

test("a process that waits for stop stays alive until then", async () => {
  expect(await runToItsEnd('stop().then(() => console.log("stopped"))')).toEqual({
    said: "stopped\n",
    code: 0,
  });
});

test("a process that exits is not held up", async () => {
  expect(await runToItsEnd("process.exit(3)")).toEqual({ said: "", code: 3 });
});
