import { Database } from "bun:sqlite";
import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { refuseOtherNames } from "./lock.ts";
import { migrations } from "./migrations.ts";

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
  const done = database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  if (done > migrations.length) {
    throw new Error(
      `the database is of a later version: it has ${done} migrations, this version knows ${migrations.length}. Use the version that made it, or a later one`,
    );
  }
  return migrations.length - done;
}

/** The directory itself, or the closest existing directory above it. */
function existingParent(directory: string): string {
  return existsSync(directory) ? directory : existingParent(dirname(directory));
}
