import { Database } from "bun:sqlite";
import { type BunSQLiteDatabase, drizzle } from "drizzle-orm/bun-sqlite";
import { migrate } from "./migrations.ts";

export interface OpenDatabase {
  readonly client: Database;
  readonly db: BunSQLiteDatabase;
  readonly migrated: number;
}

/** Opens the database of this server, makes it when it is new, and migrates it. One writer, on this thread. */
export function openDatabase(
  file: string,
  synchronous: "FULL" | "NORMAL",
  onMigration?: (index: number) => void,
): OpenDatabase {
  const client = new Database(file, { create: true, strict: true });
  client.run("PRAGMA busy_timeout = 5000");
  client.run("PRAGMA journal_mode = WAL");
  client.run(`PRAGMA synchronous = ${synchronous}`);
  // Checkpoints belong to the worker: on this thread each would stall every connection.
  client.run("PRAGMA wal_autocheckpoint = 0");
  client.run("PRAGMA cache_size = -65536");
  // A log that once grew does not keep its size.
  client.run("PRAGMA journal_size_limit = 67108864");
  return { client, db: drizzle(client), migrated: migrate(client, onMigration) };
}
