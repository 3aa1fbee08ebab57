import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { chmodSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import { drizzle } from "drizzle-orm/bun-sqlite";
import journal from "../../drizzle/meta/_journal.json" with { type: "json" };
import { readConfig } from "../../src/config.ts";
import { openDatabase, writing } from "../../src/storage/database.ts";
import { migrate, migrations } from "../../src/storage/migrations.ts";
import { withDatabase } from "../../src/storage/open.ts";
import { createPeople } from "../../src/storage/people.ts";
import { createStore } from "../../src/storage/store.ts";
import * as tables from "../../src/storage/tables.ts";
import { contents } from "../support/applying.ts";
import { databaseOf, startChild } from "../support/child.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { event } from "../support/stored.ts";

const DRIZZLE = join(import.meta.dir, "../../drizzle");
const directory = temporaryDirectory();

const text = (file: string): Promise<string> => Bun.file(join(DRIZZLE, file)).text();
const snapshot = (index: number): Promise<unknown> =>
  Bun.file(join(DRIZZLE, "meta", `${String(index).padStart(4, "0")}_snapshot.json`)).json();

/** Tables, columns and indexes, no matter which statements made them. */
function shapeOf(client: Database): unknown[] {
  const tables = client
    .query<{ name: string }, []>("select name from sqlite_master where type = 'table'")
    .all();
  return tables
    .map(({ name }) => ({
      table: name,
      columns: client
        .query("select name, type, [notnull], dflt_value, pk from pragma_table_xinfo(?) order by name")
        .all(name),
      indexes: client
        .query("select name, [unique], origin, partial from pragma_index_list(?) order by name")
        .all(name),
      statements: client
        .query("select sql from sqlite_master where type = 'index' and tbl_name = ? order by name")
        .all(name),
    }))
    .sort((a, b) => a.table.localeCompare(b.table));
}

test("every migration of the folder is in the list, in the journal's order", async () => {
  const files = journal.entries.map(({ tag }) => `${tag}.sql`);
  const found = readdirSync(DRIZZLE).filter((name) => name.endsWith(".sql"));
  expect(found.toSorted()).toEqual(files.toSorted());
  expect(journal.entries.map(({ idx }) => idx)).toEqual(files.map((_, index) => index));
  expect(migrations).toEqual(await Promise.all(files.map(text)));
});

test("drizzle-kit would find nothing to generate: the last snapshot is what tables.ts says", async () => {
  const last = await snapshot(journal.entries.length - 1);
  const now = await generateSQLiteDrizzleJson(tables);
  expect(await generateSQLiteMigration(last as typeof now, now)).toEqual([]);
});

test("the migrations make the tables that tables.ts says", async () => {
  const empty = await generateSQLiteDrizzleJson({});
  const statements = await generateSQLiteMigration(empty, await generateSQLiteDrizzleJson(tables));
  const fresh = new Database(":memory:");
  for (const statement of statements) fresh.run(statement);
  const migrated = new Database(":memory:");
  expect(migrate(migrated)).toBe(migrations.length);
  expect(shapeOf(migrated)).toEqual(shapeOf(fresh));
});

test("a database of the first version keeps its history, where retention has cut it too", () => {
  const client = new Database(":memory:", { strict: true });
  for (const statement of migrations[0]!.split("--> statement-breakpoint")) client.run(statement);
  client.run("pragma user_version = 1");
  client.run("insert into rooms (id, name, trimmed_offset) values (7, 'chat:1', 0), (8, 'chat:2', 100)");
  const add = client.query(
    `insert into events (position, room_id, "offset", count, time, kind, entry, silent, body)
     values (?1, ?2, ?3, ?3, ?1, 'message', 'e', 0, ?4)`,
  );
  for (let n = 1; n <= 300; n++) {
    add.run(2 * n, 7, n, `"one ${n}"`);
    add.run(2 * n + 1, 8, 100 + n, `"two ${n}"`);
  }
  migrate(client);
  const store = createStore({ client, db: drizzle(client), migrated: 0, ...writing(client, "the database") });
  store.transaction(() => store.add(event(301, { room: "chat:1", body: '"one 301"' })));
  const bodies = (room: string) =>
    store.page(room, { kind: "message", limit: 1_000 }).map(({ body }) => JSON.parse(body));
  expect(bodies("chat:1")).toEqual(Array.from({ length: 301 }, (_, index) => `one ${index + 1}`));
  expect(bodies("chat:2")).toEqual(Array.from({ length: 300 }, (_, index) => `two ${index + 1}`));
  expect(store.head("chat:2")).toEqual({ offset: 400, count: 400 });
  expect(store.at("chat:2", 101)?.body).toBe('"two 1"');
  expect(store.at("chat:2", 100)).toBeUndefined();
});

test("members stay in their rooms, also in one of which nothing else is known", () => {
  const client = new Database(":memory:", { strict: true });
  for (const migration of migrations.slice(0, 9))
    for (const statement of migration.split("--> statement-breakpoint")) client.run(statement);
  client.run("pragma user_version = 9");
  client.run("insert into rooms (id, name) values (3, 'chat:1')");
  client.run("insert into removed_rooms values ('chat:2', 41)");
  client.run("insert into members values ('chat:1', 'ada', 'host', 5), ('chat:2', 'ada', null, 6)");
  migrate(client);
  const database = { client, db: drizzle(client), migrated: 0, ...writing(client, "the database") };
  const people = createPeople(database);
  expect(people.roomsOf("ada")).toEqual(["chat:1", "chat:2"]);
  expect(people.membersOf("chat:1", "", 2)).toEqual([{ userId: "ada", role: "host" }]);
  expect(createStore(database).head("chat:2")).toEqual({ offset: 41, count: 0 });
});

test("what is pending of events that retention had removed goes", () => {
  const client = new Database(":memory:", { strict: true });
  for (const migration of migrations.slice(0, 10))
    for (const statement of migration.split("--> statement-breakpoint")) client.run(statement);
  client.run("pragma user_version = 10");
  client.run(
    "insert into rooms (id, name, trimmed_offset) values (1, 'diet-user:ada', 4), (2, 'diet-user:bob', 2), (3, 'stream:s', 9)",
  );
  const pending = (id: string) => JSON.stringify({ type: "friend.request", id, from: id });
  const add = client.query("insert into state values (?, ?, ?)");
  for (const [room, key, value] of [
    [1, "waiting 4", pending("eve")],
    [1, "waiting 5", pending("eve")],
    [1, "asked bob", ""],
    [1, "asked eve", ""],
    [1, "friend eve", ""],
    [2, "waiting 3", pending("ada")],
    [3, "waiting 4", "{}"],
  ] as const)
    add.run(room, key, value);
  migrate(client);
  expect(client.query("select room_id, key from state order by 1, 2").values()).toEqual([
    [1, "asked bob"],
    [1, "friend eve"],
    [1, "waiting 5"],
    [2, "waiting 3"],
    [3, "waiting 4"],
  ]);
});

test("migrating again does nothing, and keeps what is there", () => {
  const client = new Database(":memory:");
  migrate(client);
  client.run("insert into rooms (name, title) values ('chat:1', 'Chess')");
  const before = client.serialize();
  expect(migrate(client)).toBe(0);
  expect(client.serialize().equals(before)).toBe(true);
});

test("a migration that fails leaves the database as it was", () => {
  const client = new Database(":memory:");
  const failing = (index: number) => {
    if (index === 2) throw new Error("the disk is full");
  };
  expect(() => migrate(client, failing)).toThrow("the disk is full");
  expect(shapeOf(client)).toEqual([]);
  expect(client.query("pragma user_version").values()).toEqual([[0]]);
});

test("a file of another program, or half migrated, is refused by what serve and checkconfig both ask", () => {
  const other = new Database(":memory:");
  other.run("create table bookmarks (id)");
  expect(() => migrate(other)).toThrow("the database is of another program");
  expect(shapeOf(other).length).toBe(1);
  other.run("pragma user_version = 2");
  expect(() => migrate(other)).toThrow(/of another program, or half migrated: look at .*table events/);
  const half = new Database(":memory:");
  migrate(half);
  half.run("pragma user_version = 1");
  expect(() => migrate(half)).toThrow(/half migrated: look at /);
});

test("a database of a later version is refused, unharmed, with one clear line", async () => {
  const file = databaseOf(directory);
  const { client } = openDatabase(file, "NORMAL");
  client.run(`pragma user_version = ${migrations.length + 1}`);
  client.close();
  const before = await Bun.file(file).bytes();
  const started = startChild({ directory }).then((server) => server.kill());
  const lines = await started.then(
    () => ["it started"],
    (error: Error) => error.message.trim().split("\n"),
  );
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain("DATABASE_URL");
  expect(lines[0]).toContain(`of a later version: it has ${migrations.length + 1} migrations`);
  expect(await Bun.file(file).bytes()).toEqual(before);
});

test("opening a database twice in a row finds the same", () => {
  const file = join(directory, "twice.db");
  const first = openDatabase(file, "FULL");
  expect(first.migrated).toBe(migrations.length);
  first.client.run("update log_position set position = 7");
  const kept = contents(first);
  first.client.close();
  const second = openDatabase(file, "FULL");
  expect(second.migrated).toBe(0);
  expect(contents(second)).toEqual(kept);
  second.client.close();
});

test("events that one entry made get ordinals of their own", () => {
  const client = new Database(":memory:");
  for (const migration of migrations.slice(0, 4)) {
    for (const statement of migration.split("--> statement-breakpoint")) client.run(statement);
  }
  client.run("PRAGMA user_version = 4");
  for (const [index, position] of [1, 2, 2, 2, 5, 6, 6].entries()) {
    client.run(
      "insert into events (id, position, room_id, offset, count, time, kind, entry, silent, body) values (?, ?, 1, ?, 0, 0, 'k', 'e', 0, '{}')",
      [index + 1, position, index + 1],
    );
  }
  migrate(client);
  const ordinals = client.query<{ ordinal: number }, []>("select ordinal from events order by id").all();
  expect(ordinals.map(({ ordinal }) => ordinal)).toEqual([0, 0, 1, 2, 0, 0, 1]);
});

test("the files of a database are their owner's alone, wherever they and their directory came from", () => {
  const file = join(directory, "open.db");
  const files = [file, `${file}-wal`, `${file}-shm`, `${file}-lock`];
  const modes = () => files.map((one) => statSync(one).mode & 0o777);
  chmodSync(directory, 0o755);
  const before = process.umask(0o022);
  try {
    for (const mode of [0o600, 0o644]) {
      if (mode === 0o644) for (const one of [file, `${file}-lock`]) chmodSync(one, mode);
      withDatabase(readConfig({ DATABASE_URL: `file:${file}` }), () => {
        expect(modes()).toEqual([0o600, 0o600, 0o600, 0o600]);
      });
    }
  } finally {
    process.umask(before);
  }
});
