import { Database } from "bun:sqlite";
import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { keepLog } from "./database.ts";
import { refuseOtherNames } from "./lock.ts";
import { migrations, pendingMigrations } from "./migrations.ts";
import { readChain, readPosition } from "./position.ts";
import { logPosition } from "./tables.ts";

/**
 * Checks whether a server could use this file, without changing anything, even while a server uses it.
 * Returns how many migrations the server would apply: all of them to a file that does not exist. Throws the
 * error that would stop the server.
 */
export function inspectDatabase(file: string): number {
  const made = existingParent(dirname(file));
  accessSync(made, constants.R_OK | constants.W_OK | constants.X_OK);
  if (!existsSync(file)) return migrations.length;
  accessSync(file, constants.R_OK | constants.W_OK);
  refuseOtherNames(file);
  // Not read-only: that would leave an empty log beside an unused database.
  using database = new Database(file, { readwrite: true });
  if (existsSync(`${file}-shm`)) keepLog(database);
  return pendingMigrations(database).length;
}

/** The log's identity in the database. An earlier version stored no id and no hash. */
export function inspectLog(file: string): { logId: string | null; position: number; hash?: string } {
  using client = new Database(file, { readwrite: true });
  if (existsSync(`${file}-shm`)) keepLog(client);
  const db = drizzle(client);
  if (pendingMigrations(client).length > 0) return { logId: null, position: readPosition(db) };
  return db.transaction(() => {
    const row = db.select({ logId: logPosition.logId }).from(logPosition).get();
    const { position, hash } = readChain(db);
    return { logId: row?.logId ?? null, position, hash: hash.text };
  });
}

/** The directory itself, or the closest existing directory above it. */
function existingParent(directory: string): string {
  return existsSync(directory) ? directory : existingParent(dirname(directory));
}
