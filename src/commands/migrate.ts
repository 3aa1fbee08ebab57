import type { Config } from "../config.ts";
import { withDatabase } from "../storage/open.ts";

/** Brings the database up to date. Not beside a running server: throws `DatabaseLocked`. */
export function migrateCommand(config: Config): void {
  const migrated = withDatabase(config, (database) => database.migrated);
  console.log(
    migrated === 0
      ? `${config.DATABASE_URL} is up to date`
      : `${config.DATABASE_URL}: ${migrated} migration${migrated === 1 ? "" : "s"} applied`,
  );
}
