import { Database } from "bun:sqlite";
// Imported as text, because the compiled binary has no folder to read them from.
import first from "../../drizzle/0000_first.sql" with { type: "text" };
import runs from "../../drizzle/0001_runs.sql" with { type: "text" };
import fillRuns from "../../drizzle/0002_fill_runs.sql" with { type: "text" };
import withoutIndex from "../../drizzle/0003_without_index.sql" with { type: "text" };
import ordinal from "../../drizzle/0004_ordinal.sql" with { type: "text" };
import timeIndex from "../../drizzle/0005_time_index.sql" with { type: "text" };
import removedRooms from "../../drizzle/0006_removed_rooms.sql" with { type: "text" };
import webhooks from "../../drizzle/0007_webhooks.sql" with { type: "text" };
import logIdentity from "../../drizzle/0008_log_identity.sql" with { type: "text" };
import membersByRoom from "../../drizzle/0009_members_by_room.sql" with { type: "text" };
import pendingWithoutEvents from "../../drizzle/0010_pending_without_events.sql" with { type: "text" };

/** Every migration of `drizzle/`, in order. */
export const migrations: readonly string[] = [
  first,
  runs,
  fillRuns,
  withoutIndex,
  ordinal,
  timeIndex,
  removedRooms,
  webhooks,
  logIdentity,
  membersByRoom,
  pendingWithoutEvents,
];

function run(client: Database, migration: string): void {
  for (const statement of migration.split("--> statement-breakpoint")) client.run(statement);
}

/** Those that the database still needs. Writes nothing. Throws on one of a later version, or not made by these. */
export function pendingMigrations(client: Database): readonly string[] {
  const done = client.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
  if (done > migrations.length) {
    throw new Error(
      `the database is of a later version: it has ${done} migrations, this version knows ${migrations.length}. Use the version that made it, or a later one`,
    );
  }
  const pending = migrations.slice(done);
  const found = namesIn(client);
  if (done === 0 && found.size > 0) throw new Error("the database is of another program");
  using model = new Database(":memory:");
  for (const migration of migrations.slice(0, done)) run(model, migration);
  const wanted = namesIn(model);
  for (const migration of pending) run(model, migration);
  const missing = wanted.difference(found);
  const early = namesIn(model).difference(wanted).intersection(found);
  if (missing.size + early.size > 0) {
    const what = [...missing, ...early].join(", ");
    throw new Error(`the database is of another program, or half migrated: look at ${what}`);
  }
  return pending;
}

function namesIn(client: Database): Set<string> {
  const rows = client
    .query<{ name: string }, []>(
      "SELECT type || ' ' || name AS name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'",
    )
    .all();
  return new Set(rows.map(({ name }) => name));
}

/** Brings the database up to date; returns how many migrations that took. `onMigration` hears
 * of each before it runs, and of the end of the list before the commit. Throws on one of a later version. */
export function migrate(client: Database, onMigration: (index: number) => void = () => {}): number {
  const pending = pendingMigrations(client);
  // Nothing is written then: on a full disk what there is can still be read.
  if (pending.length === 0) return 0;
  const done = migrations.length - pending.length;
  client
    .transaction(() => {
      for (const [index, migration] of pending.entries()) {
        onMigration(done + index);
        run(client, migration);
      }
      onMigration(migrations.length);
      client.run(`PRAGMA user_version = ${migrations.length}`);
    })
    .immediate();
  return pending.length;
}
