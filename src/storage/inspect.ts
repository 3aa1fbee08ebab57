import { Database } from "bun:sqlite";
import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { refuseOtherNames } from "./lock.ts";
import { migrations, pendingMigrations } from "./migrations.ts";

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
  return pendingMigrations(database).length;
}

/** The directory itself, or the closest existing directory above it. */
function existingParent(directory: string): string {
  return existsSync(directory) ? directory : existingParent(dirname(directory));
}
