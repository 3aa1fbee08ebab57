import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import type { JetStreamLog } from "../log/jetstream.ts";
import type { Leases } from "../log/leases.ts";
import { backUpApart } from "../storage/backup-apart.ts";
import { takeOver } from "../storage/take-over.ts";
import { systemWaiting, type Waiting } from "./dismissal.ts";

/** Servers that have just started, or elect a leader, answer at once that they can do nothing yet. */
const PATIENCE_MS = 30_000;
const RETRY_MS = 1_000;

/** A node without a database begins with a snapshot, where there is one; otherwise it applies the whole log. */
export async function restoreSnapshot(
  shared: Pick<JetStreamLog, "snapshots">,
  config: Pick<Config, "DATABASE_URL">,
  log: Pick<Logger, "info" | "warn">,
  { monotonic, sleep }: Waiting = systemWaiting,
): Promise<void> {
  const file = config.DATABASE_URL;
  if (existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const deadline = monotonic() + PATIENCE_MS;
  for (;;) {
    try {
      const snapshot = await (await shared.snapshots()).restore(file);
      if (!snapshot) return;
      takeOver(file);
      log.info({ position: snapshot.position, bytes: snapshot.bytes }, "the database begins with a snapshot");
      return;
    } catch (error) {
      if (monotonic() >= deadline) {
        log.warn({ err: error }, "no snapshot could be read: the whole log is applied");
        return;
      }
    }
    await sleep(RETRY_MS);
  }
}

/** Removes what earlier processes left that died while they wrote a snapshot or read one: each is as large as the database. */
function removeLeftovers(database: string): void {
  const directory = dirname(database);
  const prefix = `${basename(database)}.`;
  for (const name of readdirSync(directory))
    if (name.startsWith(prefix) && /^(?:snapshot|\d+\.partial)$/.test(name.slice(prefix.length)))
      rmSync(join(directory, name), { force: true });
}

/** Makes snapshots of the database while this node holds the lease for it. Call it once the database is locked. */
export function keepSnapshots(
  shared: JetStreamLog,
  leases: Leases,
  { DATABASE_URL }: Config,
  appliedByAll: () => number,
): void {
  removeLeftovers(DATABASE_URL);
  const copy = async () => {
    const file = `${DATABASE_URL}.snapshot`;
    rmSync(file, { force: true });
    return backUpApart(DATABASE_URL, file);
  };
  shared.keepSnapshots(leases, { copy, appliedByAll });
}
