import { Database } from "bun:sqlite";

/** Another server, in this process or another, has the database file open. */
export class DatabaseLocked extends Error {
  constructor(file: string) {
    super(`${file} is in use by another server: stop that one, or give this one another DATABASE_URL`);
  }
}

// A `Database` that nobody refers to is closed by the garbage collector, and its lock would be gone with it.
const held = new Set<Database>();

/**
 * Takes the database file for this server alone, whatever path or link it is reached by, and returns what
 * gives it back. Take it before opening the file; its directory must exist. The operating system gives it back
 * when the process dies, however it dies. Throws `DatabaseLocked`.
 */
export function lockDatabase(file: string): () => void {
  // The lock is a transaction on an empty database beside the file, which is never deleted: a server that
  // holds a deleted lock and one that holds its successor would not see each other.
  const lock = new Database(`${realPath(file)}-lock`);
  try {
    lock.run("PRAGMA busy_timeout = 0");
    lock.run("PRAGMA journal_mode = MEMORY"); // no second file
    lock.run("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    throw isBusy(error) ? new DatabaseLocked(file) : error;
  }
  held.add(lock);
  return () => {
    held.delete(lock);
    lock.close();
  };
}

/** Where SQLite will read and write: it follows a link to the file itself, even one to a file yet to be made. */
function realPath(file: string): string {
  using database = new Database(file);
  const main = database.query<{ file: string }, []>("PRAGMA database_list").get();
  return main?.file || file;
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";
}
