import { Database } from "bun:sqlite";
import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { refuseOtherNames } from "./lock.ts";
import { migrations } from "./migrations.ts";

/**
 * Looks whether a server could use this file, and changes nothing; beside a running server too. Returns how many
 * migrations it would apply, all of them to a file that is not there yet. Throws what would keep it from that.
 */
export function inspectDatabase(file: string): number {
  const made = existingParent(dirname(file));
  accessSync(made, constants.R_OK | constants.W_OK | constants.X_OK);
  if (!existsSync(file)) return migrations.length;
  accessSync(file, constants.R_OK | constants.W_OK);
  refuseOtherNames(file);
  // Not read-only: that would leave an empty log beside a database that nobody uses.
  using database = new Database(file, { readwrite: true });
  const done = database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  if (done > migrations.length) {
    throw new Error(
      `the database is of a later version: it has ${done} migrations, this one knows ${migrations.length}`,
    );
  }
  return migrations.length - done;
}

/** The directory itself, or the one in which it would be made. */
function existingParent(directory: string): string {
  return existsSync(directory) ? directory : existingParent(dirname(directory));
}
