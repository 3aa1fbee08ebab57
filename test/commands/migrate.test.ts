import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { command, commandDirectory, serve } from "../support/command.ts";

const directory = commandDirectory();
const file = join(directory, "data/switchboard.db");

const migrate = (database?: string) =>
  command(["migrate"], {
    directory,
    env: database === undefined ? {} : { DATABASE_URL: `file:${database}` },
  });

test("a fresh database is made and brought up to date, once, and not beside a running server", async () => {
  const first = await migrate();
  expect(first).toEqual({ code: 0, out: expect.stringMatching(/^\S+: \d+ migrations? applied\n$/), err: "" });
  expect(first.out).toStartWith(file);
  expect(await migrate()).toEqual({ code: 0, out: `${file} is up to date\n`, err: "" });

  const server = await serve({ directory });
  expect(await migrate()).toEqual({
    code: 1,
    out: "",
    err: `switchboard: ${file} is in use by another server: stop that server, or give this one another DATABASE_URL\n`,
  });
  await server.end("SIGTERM");
  expect(await migrate()).toEqual({ code: 0, out: `${file} is up to date\n`, err: "" });
});

test("a database of a later version is left alone, with one line that says so", async () => {
  const later = join(directory, "later.db");
  using database = new Database(later);
  database.run("PRAGMA user_version = 1000");
  const { code, err, out } = await migrate(later);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toMatch(
    /^switchboard: DATABASE_URL: \S+later\.db cannot be used \(the database is of a later version.*\)\n$/,
  );
  expect(database.query("SELECT name FROM sqlite_schema").all()).toEqual([]);
});

test("what is no database is left alone, with one line that names it", async () => {
  const letter = join(directory, "letter.txt");
  const text = "Dear Bob, ".repeat(1_000);
  writeFileSync(letter, text);
  mkdirSync(join(directory, "folder"));
  expect(await migrate(letter)).toEqual({
    code: 1,
    out: "",
    err: `switchboard: DATABASE_URL: ${letter} cannot be used (file is not a database)\n`,
  });
  expect(await Bun.file(letter).text()).toBe(text);
  expect(await migrate(join(directory, "folder"))).toEqual({
    code: 1,
    out: "",
    err: `switchboard: DATABASE_URL: ${join(directory, "folder")} cannot be used (unable to open database file)\n`,
  });
});
