import type { Config } from "../config.ts";
import { migrations } from "../storage/migrations.ts";
import { withDatabase } from "../storage/open.ts";
import { whileShowing } from "./progress.ts";

/** Brings the database up to date. Not while a server uses it: throws `DatabaseLocked`. */
export function migrateCommand(config: Config): void {
  const file = config.DATABASE_URL;
  const steps = migrations.map((_, index) => `migration ${index + 1} of ${migrations.length}`);
  const migrated = whileShowing({ name: "migrate", steps: ["opening", ...steps, "committing"], file }, (at) =>
    withDatabase(
      config,
      (database) => database.migrated,
      (index) => at(index + 1),
    ),
  );
  console.log(
    migrated === 0
      ? `${file} is up to date`
      : `${file}: ${migrated} migration${migrated === 1 ? "" : "s"} applied`,
  );
}
