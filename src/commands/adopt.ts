import { existsSync, rmSync } from "node:fs";
import { type Config, ConfigError } from "../config.ts";
import { backUp } from "../storage/backup.ts";
import { adoptLog, leaveBackup } from "../storage/log-identity.ts";
import { withDatabase } from "../storage/open.ts";

/**
 * Creates the log of several nodes from the database of one server, or of a node whose log is lost. No server may
 * use the database. When it was interrupted it can be run again. Throws `ConfigError`.
 */
export async function adoptCommand(config: Config): Promise<void> {
  const { DATABASE_URL: file } = config;
  if (!config.LOG_URL) throw new ConfigError("LOG_URL: must be set: adopt creates the log there");
  if (!existsSync(file))
    throw new ConfigError(`DATABASE_URL: there is no ${file}: serve makes a new log by itself`);
  const before = withDatabase(config, (database) => {
    leaveBackup(database, true);
    return adoptLog(database);
  });
  // Loaded only where several nodes share a log.
  const { createLog } = await import("../log/create-log.ts");
  const log = await createLog(config, before.position);
  try {
    withDatabase(config, (database) => {
      const { position } = adoptLog(database, log.id);
      if (position !== before.position)
        throw new ConfigError(
          `DATABASE_URL: ${file} was written meanwhile: stop its server, and run this again`,
        );
    });
    const copy = `${file}.snapshot`;
    rmSync(copy, { force: true });
    backUp(file, copy);
    await log.keep(copy);
    rmSync(copy, { force: true });
  } finally {
    await log.close();
  }
  console.log(
    `${log.name} goes on after position ${before.position} of ${file}: start this node with LOG_URL, and the others without a database`,
  );
}
