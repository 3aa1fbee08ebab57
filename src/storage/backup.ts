import { Database } from "bun:sqlite";
import { closeSync, existsSync, fsyncSync, linkSync, openSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { ConfigError } from "../config.ts";
import { keepLog } from "./database.ts";
import { markBackup } from "./log-identity.ts";
import { readPosition } from "./position.ts";

/** Runs the work and may show its progress: it copies to `file` (step 0), checks the copy (1), waits for the disk (2). */
export type Watch = <T>(file: string, bytes: number, work: (at: (step: number) => void) => T) => T;

export interface Backup {
  readonly file: string;
  readonly bytes: number;
  /** The position in the log up to which the copy goes. */
  readonly position: number;
}

/**
 * Copies a database into a new file while a server goes on writing to it. The copy holds everything that was
 * committed when it began, and no half transaction. The file appears under its name only when it is complete,
 * checked and on disk. Throws `ConfigError`.
 */
export function backUp(
  database: string,
  target: string,
  watch: Watch = (_, __, work) => work(() => {}),
  /** A server that starts with the copy has lost what was stored later. */
  isRestorable = false,
): Backup {
  const file = resolve(target);
  if (!existsSync(database)) throw new ConfigError(`DATABASE_URL: there is no ${database}`);
  if (existsSync(file))
    throw new ConfigError(`${file} exists and a backup overwrites nothing: name a new file`);
  const draft = `${file}.${process.pid}.partial`;
  // The copy is as private as the database.
  const umask = process.umask(0o077);
  try {
    const position = watch(draft, statSync(database).size, (at) => {
      copy(database, draft);
      if (isRestorable) mark(draft);
      at(1);
      const found = verified(draft);
      at(2);
      sync(draft);
      return found;
    });
    // Unlike a rename, a link never replaces a file that somebody else has made meanwhile.
    linkSync(draft, file);
    sync(dirname(file));
    return { file, bytes: statSync(file).size, position };
  } catch (error) {
    throw new ConfigError(
      `the backup ${file} could not be written (${error instanceof Error ? error.message : error})`,
    );
  } finally {
    process.umask(umask);
    rmSync(draft, { force: true });
  }
}

/** One read transaction, so that writers need not wait. */
function copy(database: string, target: string): void {
  // Not read-only: the last connection to close removes the write-ahead log, and a read-only one would leave
  // it there.
  using source = new Database(database, { readwrite: true });
  if (existsSync(`${database}-shm`)) keepLog(source);
  source.run("PRAGMA busy_timeout = 5000");
  source.run("VACUUM INTO ?", [target]);
}

function mark(file: string): void {
  using database = new Database(file, { readwrite: true });
  markBackup(database);
}

function verified(file: string): number {
  using database = new Database(file, { readonly: true });
  const found = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
  if (found?.quick_check !== "ok") throw new Error(`the copy is broken: ${found?.quick_check}`);
  return readPosition(drizzle(database));
}

function sync(path: string): void {
  const handle = openSync(path, "r");
  fsyncSync(handle);
  closeSync(handle);
}
