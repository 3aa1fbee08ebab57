import type { Exposition } from "./exposition.ts";

/** Hex digits of a hash. A number of more would not be exact. */
const SHOWN_DIGITS = 12;

export interface StoreCounts {
  readonly logId: string;
  /** Bytes. */
  storeSize(): { readonly database: number; readonly wal: number };
  /** The last batch that was applied, and the hash of all events up to it. */
  log(): { readonly position: number; readonly hash: string };
}

export function exposeStore(exposition: Exposition, { logId, storeSize, log }: StoreCounts): void {
  const { database, wal } = storeSize();
  exposition.gauge("switchboard_store_size_bytes", "Size of the store's files.", [
    [{ file: "database" }, database],
    [{ file: "wal" }, wal],
  ]);
  const { position, hash } = log();
  exposition.gauge("switchboard_log_position", "Batches of the log that were applied.", position);
  exposition.gauge(
    "switchboard_log_hash",
    "Hash of all applied events. Servers of one log that differ in it at the same position have diverged.",
    Number.parseInt(hash.slice(0, SHOWN_DIGITS), 16),
  );
  exposition.gauge("switchboard_log_info", "Always 1; the label is the id of the log in the database.", [
    [{ log: logId }, 1],
  ]);
}
