import { constants, Database } from "bun:sqlite";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import { StoreUnavailable } from "../core/ports/store.ts";
import { lockHolder } from "./lock-holder.ts";
import { migrate, pendingMigrations } from "./migrations.ts";

export interface OpenDatabase {
  readonly client: Database;
  readonly db: BunSQLiteDatabase;
  readonly migrated: number;
  /**
   * Commits what `work` writes, or nothing of it when it throws. Every write goes this way. Throws a
   * `StoreUnavailable` when another process holds SQLite's write lock, after `PATIENCE_MS` at most.
   */
  write<T>(work: () => T): T;
  /** From now on every write throws this; undefined: no longer. */
  refuseWrites(failure: StoreUnavailable | undefined): void;
}

/** Nothing is served while migrations wait for another process. */
const START_PATIENCE_MS = 5_000;
/** The longest time that one write, and the event loop, waits for another process. */
const PATIENCE_MS = 50;

/** Opens the server's database, creates it if it is new, and migrates it. One writer, on this thread. */
export function openDatabase(
  file: string,
  synchronous: "FULL" | "NORMAL",
  onMigration?: (index: number) => void,
): OpenDatabase {
  const client = new Database(file, { create: true, strict: true });
  keepLog(client);
  client.run(`PRAGMA busy_timeout = ${START_PATIENCE_MS}`);
  // Before the first write: a file of another program stays as it is.
  pendingMigrations(client);
  client.run("PRAGMA journal_mode = WAL");
  client.run(`PRAGMA synchronous = ${synchronous}`);
  // Checkpoints belong to the worker: on this thread each of them would stall every connection.
  client.run("PRAGMA wal_autocheckpoint = 0");
  client.run("PRAGMA cache_size = -65536");
  // Removed and redacted content is overwritten in the file.
  client.run("PRAGMA secure_delete = ON");
  // A log that has grown does not keep its size.
  client.run("PRAGMA journal_size_limit = 67108864");
  const migrated = migrate(client, onMigration);
  client.run(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
  return { client, db: drizzle(client), migrated, ...writing(client, file) };
}

/**
 * The last connection to close empties the write-ahead log and leaves it and its index: on a full disk nobody could
 * make them again, and without them nothing can be read.
 */
export function keepLog(client: Database): void {
  client.fileControl(constants.SQLITE_FCNTL_PERSIST_WAL, 1);
}

export function writing(client: Database, file: string): Pick<OpenDatabase, "write" | "refuseWrites"> {
  const immediate = client.transaction((work: () => unknown) => work()).immediate;
  let refused: StoreUnavailable | undefined;
  /** The error of the last write, if the lock was held. Until a write succeeds, none waits. */
  let held: string | undefined;
  return {
    write<T>(work: () => T): T {
      if (refused) throw refused;
      let isBegun = false;
      try {
        const done = immediate(() => {
          isBegun = true;
          return work();
        }) as T;
        if (held !== undefined) client.run(`PRAGMA busy_timeout = ${PATIENCE_MS}`);
        held = undefined;
        return done;
      } catch (error) {
        if (isBegun || !isBusy(error)) throw error;
        if (held === undefined) client.run("PRAGMA busy_timeout = 0");
        held ??= `database is locked: another process writes to ${file}; ${lockHolder(file)}`;
        throw new StoreUnavailable(held, { passes: true, cause: error });
      }
    },
    refuseWrites(failure) {
      refused = failure;
    },
  };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY");
}
