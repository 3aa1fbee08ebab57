import { chmodSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { type Config, ConfigError } from "../config.ts";
import type { Cancel, Clock } from "../core/ports/clock.ts";
import type { Scratch } from "../core/ports/scratch.ts";
import type { Store } from "../core/ports/store.ts";
import { StoreUnavailable } from "../core/ports/store.ts";
import type { UserRows } from "../core/ports/user-rows.ts";
import { startCheckpoints } from "./checkpoint.ts";
import { type OpenDatabase, openDatabase } from "./database.ts";
import { createErasures, type ErasureLog, type Erasures, startErasures } from "./erasure.ts";
import { createEventPages, type EventPages } from "./event-pages.ts";
import { FileWatch } from "./file-watch.ts";
import { DatabaseLocked, lockDatabase, lockOf, realPath } from "./lock.ts";
import { identifyLog, type LogIdentity, leaveBackup } from "./log-identity.ts";
import { createPeople, type People } from "./people.ts";
import { type Removal, startRetention } from "./retention.ts";
import { openScratch } from "./scratch.ts";
import { createStore } from "./store.ts";
import type { Trimmed } from "./trim.ts";
import { createUserRows } from "./user-rows.ts";
import { createWebhookTable, type WebhookTable } from "./webhook-table.ts";

export interface Storage extends LogIdentity {
  readonly store: Store;
  readonly people: People;
  readonly eventPages: EventPages;
  readonly scratch: Scratch;
  /**
   * Starts to remove what is too old, by entries of the log that `record` appends. `rank`: how many live nodes come
   * before this one for it.
   */
  startRetention(
    record: (upTo: number, settled: (refused: boolean) => void) => void,
    rank: () => number,
  ): void;
  readonly webhooks: WebhookTable;
  readonly erasures: Erasures;
  readonly userRows: UserRows;
  /** Continues the unfinished erasures; returns a function to call when there may be a new one. */
  startErasures(log: Omit<ErasureLog, "emptyLog" | "failed">): () => void;
  /** Sizes of the files in bytes. */
  size(): { readonly database: number; readonly wal: number };
  close(): Promise<void>;
}

/**
 * Takes the database for this process alone while the work runs. Throws `DatabaseLocked`, or `ConfigError`
 * when the database cannot be used.
 */
export function withDatabase<T>(
  config: Config,
  work: (database: OpenDatabase) => T,
  onMigration?: (index: number) => void,
): T {
  const { database, release } = take(config, onMigration);
  try {
    return work(database);
  } finally {
    release();
  }
}

function take(
  config: Config,
  onMigration?: (index: number) => void,
): { database: OpenDatabase; release(): void } {
  try {
    return open(config, onMigration);
  } catch (error) {
    if (error instanceof DatabaseLocked) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError(`DATABASE_URL: ${config.DATABASE_URL} cannot be used (${reason})`);
  }
}

function open(
  config: Config,
  onMigration?: (index: number) => void,
): { database: OpenDatabase; release(): void } {
  const file = config.DATABASE_URL;
  // Only the owner may read the files that SQLite creates, whatever the mode of the directory.
  const umask = process.umask(0o077);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return openAlone(config, onMigration);
  } finally {
    process.umask(umask);
  }
}

function openAlone(
  config: Config,
  onMigration?: (index: number) => void,
): { database: OpenDatabase; release(): void } {
  const file = config.DATABASE_URL;
  const unlock = lockDatabase(file);
  try {
    for (const one of [realPath(file), `${realPath(file)}-wal`, `${realPath(file)}-shm`, lockOf(file)])
      makePrivate(one);
    const database = openDatabase(file, config.SQLITE_SYNCHRONOUS, onMigration);
    return {
      database,
      release() {
        database.client.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** A database that others may read was copied here, or made by an earlier version. */
function makePrivate(file: string): void {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) !== 0) chmodSync(file, 0o600);
}

/** How often the names of the database's files are looked up. */
const WATCH_MS = 1_000;

/**
 * Takes the database for this server alone, and starts checkpoints and retention. `logId` is the shared log that it
 * must hold; undefined: the server is alone. Throws like `withDatabase`.
 */
export function openStorage(
  config: Config,
  clock: Clock,
  report: (error: unknown, context: Record<string, unknown>) => void,
  removed: (removal: Removal) => void,
  logId?: string,
): Storage {
  const { database, release } = take(config);
  let trimmed: Trimmed | undefined;
  let store: Store;
  let identity: LogIdentity;
  try {
    leaveBackup(database, logId === undefined);
    store = createStore(database, (one) => {
      trimmed = one;
    });
    identity = identifyLog(database, store.position(), logId);
  } catch (error) {
    release();
    throw error;
  }
  const files = watchFiles(realPath(config.DATABASE_URL), database, clock, report);
  const checkpoints = startCheckpoints(config.DATABASE_URL, clock, {
    writer: database.client,
    onError(error) {
      if (files.check()) report(error, { where: "checkpoint" });
    },
  });
  let stopRetention: Cancel | undefined;
  let stopErasures: Cancel | undefined;
  const scratch = openScratch(dirname(realPath(config.DATABASE_URL)));
  return {
    ...identity,
    ...{ scratch, store },
    startRetention(record, rank) {
      stopRetention = startRetention(database, clock, {
        days: config.HISTORY_RETENTION_DAYS,
        failed: (error) => report(error, { where: "retention" }),
        ...{ rank, removed },
        trim: (upTo, settled) => record(upTo, (refused) => settled(refused ? undefined : trimmed)),
      });
    },
    people: createPeople(database),
    eventPages: createEventPages(database),
    erasures: createErasures(database),
    userRows: createUserRows(database),
    startErasures(log) {
      const { wake, stop } = startErasures(database, clock, {
        ...log,
        emptyLog: checkpoints.empty,
        failed: (error) => report(error, { where: "erasure" }),
      });
      stopErasures = stop;
      wake();
      return wake;
    },
    webhooks: createWebhookTable(database),
    size: () => ({ database: sizeOf(config.DATABASE_URL), wal: sizeOf(`${config.DATABASE_URL}-wal`) }),
    async close() {
      files.stop();
      stopRetention?.();
      stopErasures?.();
      await checkpoints.stop();
      scratch.close();
      release();
    },
  };
}

/** Writes are refused while a name belongs to another file than at the start, or to none: they would be lost. */
function watchFiles(
  file: string,
  database: OpenDatabase,
  clock: Clock,
  report: (error: unknown, context: Record<string, unknown>) => void,
): { check(): boolean; readonly stop: Cancel } {
  const watch = new FileWatch([file, `${file}-wal`, `${file}-shm`, lockOf(file)]);
  let told: string | undefined;
  /** True when they are what they were. */
  function check(): boolean {
    const wrong = watch.check();
    if (wrong !== told) {
      told = wrong;
      const failure = wrong === undefined ? undefined : lost(wrong);
      database.refuseWrites(failure);
      if (failure) report(failure, { where: "store" });
    }
    return wrong === undefined;
  }
  return { check, stop: clock.every(WATCH_MS, check) };
}

const lost = (what: string): StoreUnavailable =>
  new StoreUnavailable(
    `${what} under the running server, which stores nothing more: ` +
      "put the same file back, or stop the server and start it on the database that you want",
    { passes: false },
  );

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
