import type { Database } from "bun:sqlite";
// Imported as text, because the compiled binary has no folder to read them from.
import first from "../../drizzle/0000_first.sql" with { type: "text" };
import runs from "../../drizzle/0001_runs.sql" with { type: "text" };
import fillRuns from "../../drizzle/0002_fill_runs.sql" with { type: "text" };
import withoutIndex from "../../drizzle/0003_without_index.sql" with { type: "text" };
import ordinal from "../../drizzle/0004_ordinal.sql" with { type: "text" };
import timeIndex from "../../drizzle/0005_time_index.sql" with { type: "text" };

/** Every migration of `drizzle/`, in order. */
export const migrations: readonly string[] = [first, runs, fillRuns, withoutIndex, ordinal, timeIndex];

/** Brings the database up to date; returns how many migrations that took. `onMigration` hears
 * of each before it runs, and of the end of the list before the commit. Throws on one of a later version. */
export function migrate(client: Database, onMigration: (index: number) => void = () => {}): number {
  const done = client.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  if (done > migrations.length) {
    throw new Error(
      `the database is of a later version: it has ${done} migrations, this version knows ${migrations.length}. Use the version that made it, or a later one`,
    );
  }
  const pending = migrations.slice(done);
  client
    .transaction(() => {
      for (const [index, migration] of pending.entries()) {
        onMigration(done + index);
        for (const statement of migration.split("--> statement-breakpoint")) client.run(statement);
      }
      onMigration(migrations.length);
      client.run(`PRAGMA user_version = ${migrations.length}`);
    })
    .immediate();
  return pending.length;
}
