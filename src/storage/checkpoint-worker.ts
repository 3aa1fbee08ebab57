import { Database } from "bun:sqlite";

/** To this worker. It answers each with a `Done`. */
export interface Checkpoint {
  readonly file: string;
  /** Move the log into the database once it has this many pages that are not there yet. */
  readonly pages: number;
  /** From this many pages on, make the log begin again at its start, at the price of a short wait for the writer. */
  readonly restartPages: number;
  /** Move what there is and close the database. */
  readonly last: boolean;
}

export interface Done {
  readonly error?: string;
}

declare const self: Worker;

let database: Database | undefined;

self.onmessage = ({ data }: MessageEvent<Checkpoint>) => self.postMessage(work(data));

function work(checkpoint: Checkpoint): Done {
  try {
    database ??= open(checkpoint.file);
    if (checkpoint.last) run(database, "PASSIVE");
    else keepShort(database, checkpoint);
    if (checkpoint.last) close();
    return {};
  } catch (error) {
    close();
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function open(file: string): Database {
  const opened = new Database(file, { readwrite: true });
  // How long FULL looks for a gap between two transactions. While it waits it blocks nobody.
  opened.run("PRAGMA busy_timeout = 5");
  return opened;
}

function close(): void {
  database?.close();
  database = undefined;
}

/**
 * PASSIVE never blocks the writer, and so it never catches up with one that does not pause: the log would
 * grow for ever. FULL holds the writer off while it moves the rest, after which the next transaction begins
 * the log again. Passes that each leave less make that rest a few pages: about one commit's time.
 * RESTART and TRUNCATE were measured too: they keep the writer waiting longer, and a log file that must grow
 * again makes every commit slower.
 */
function keepShort(database: Database, { pages, restartPages }: Checkpoint): void {
  const found = run(database, "NOOP");
  if (found.log - found.checkpointed < pages) return;
  for (let round = 0; round < 20; round++) {
    for (let pass = 0; pass < 3; pass++) {
      const { log, checkpointed } = run(database, "PASSIVE");
      // A reader of older pages, such as a backup, holds the log: waiting for it would make the writer wait.
      if (log < restartPages || checkpointed < log) return;
    }
    if (run(database, "FULL").busy === 0) return;
  }
}

/** `log` pages in the log, of which `checkpointed` are in the database as well; `busy` is 1 if somebody was in the way. */
function run(database: Database, mode: "NOOP" | "PASSIVE" | "FULL") {
  const counts = database
    .query<{ busy: number; log: number; checkpointed: number }, []>(`PRAGMA wal_checkpoint(${mode})`)
    .get();
  if (!counts) throw new Error("SQLite did not answer a checkpoint");
  return counts;
}
