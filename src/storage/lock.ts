import { Database } from "bun:sqlite";
import { statSync } from "node:fs";

/** Another server, in this process or another, has the database file open. */
export class DatabaseLocked extends Error {
  constructor(file: string) {
    super(`${file} is in use by another server: stop that server, or give this one another DATABASE_URL`);
  }
}

// The garbage collector closes a `Database` that nothing refers to, and would release its lock.
const held = new Set<Database>();

/**
 * Takes the database file for this server alone, through any path or link, and returns the
 * function that releases it. Call it before opening the file, whose directory must exist. The operating
 * system releases the lock when the process ends, even after a kill. Throws `DatabaseLocked`.
 */
export function lockDatabase(file: string): () => void {
  refuseOtherNames(file);
  const path = lockOf(file);
  // The lock is a transaction on an empty database beside the file, which is never deleted: a server that
  // holds a deleted lock file and a server that holds its replacement would not see each other.
  const lock = new Database(path);
  try {
    lock.run("PRAGMA busy_timeout = 0");
    lock.run("PRAGMA journal_mode = MEMORY"); // no second file
    lock.run("BEGIN EXCLUSIVE");
    // SQLite opens a file that it may not write as well, and locks it for reading: only a write proves the lock.
    lock.run("CREATE TABLE locked (at)");
  } catch (error) {
    lock.close();
    if (isBusy(error)) throw new DatabaseLocked(file);
    if (isReadOnly(error))
      throw new Error(`${path} cannot be written: make it this user's own, or remove it`);
    throw error;
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    lock.close();
  };
}

/** The file whose lock stands for the database's. */
export const lockOf = (file: string): string => `${realPath(file)}-lock`;

/**
 * With a second name a database has a second lock and a second log, and two servers would write to it. Throws when
 * it has one.
 */
export function refuseOtherNames(file: string): void {
  const found = statSync(file, { throwIfNoEntry: false });
  // A folder has a link from each folder in it. SQLite refuses it in its own words.
  if (!found?.isFile() || found.nlink <= 1) return;
  throw new Error(
    `the file has ${found.nlink} names (hard links), and what is written under one would be missing under the other: ` +
      "copy it with `switchboard backup` and remove the other names",
  );
}

/**
 * The file that SQLite will read and write: SQLite follows a link to the file itself, even to a file that
 * does not exist yet.
 */
export function realPath(file: string): string {
  using database = new Database(file);
  const main = database.query<{ file: string }, []>("PRAGMA database_list").get();
  return main?.file || file;
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : "";
const isBusy = (error: unknown): boolean => codeOf(error).startsWith("SQLITE_BUSY");
const isReadOnly = (error: unknown): boolean => codeOf(error).startsWith("SQLITE_READONLY");
