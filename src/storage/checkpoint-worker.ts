import { Database } from "bun:sqlite";

/** Sent to this worker, which answers each with a `Done`. */
export interface Checkpoint {
  readonly file: string;
  /** A checkpoint runs when at least this many pages wait in the log. */
  readonly pages: number;
  /** Pages at which the log should begin again. */
  readonly restartPages: number;
  /** Move everything that is left and close the database. */
  readonly last: boolean;
}

export interface Done {
  /** The log is long enough to begin again once the writer itself moves the remaining pages. */
  readonly restart?: boolean;
  readonly error?: string;
}

/** The number of pages that the writer moves in a few milliseconds. */
const FEW_PAGES = 500;
const PASSES = 5;
/**
 * A log that is too long by this factor begins again with pages left: the writer is faster than the disk.
 */
const FAR_TOO_LONG = 4;

declare const self: Worker;

let database: Database | undefined;

self.onmessage = ({ data }: MessageEvent<Checkpoint>) => self.postMessage(work(data));

function work(checkpoint: Checkpoint): Done {
  try {
    database ??= new Database(checkpoint.file, { readwrite: true });
    if (!checkpoint.last) return { restart: moveLog(database, checkpoint) };
    run(database, "PASSIVE");
    close();
    return {};
  } catch (error) {
    close();
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function close(): void {
  database?.close();
  database = undefined;
}

/**
 * A PASSIVE checkpoint keeps nobody waiting, and so it never catches up with a writer that does not pause:
 * each pass leaves the pages that were written during it. Returns true when the writer should move the rest
 * itself.
 */
function moveLog(database: Database, { pages, restartPages }: Checkpoint): boolean {
  const found = run(database, "NOOP");
  if (found.log - found.checkpointed < pages) return false;
  let before = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    const { log } = run(database, "PASSIVE");
    if (log < restartPages) return false;
    if (log - before < FEW_PAGES || log > FAR_TOO_LONG * restartPages) return true;
    before = log;
  }
  return false;
}

/** `log` pages are in the log, of which `checkpointed` are in the database as well. */
function run(database: Database, mode: "NOOP" | "PASSIVE") {
  const counts = database
    .query<{ log: number; checkpointed: number }, []>(`PRAGMA wal_checkpoint(${mode})`)
    .get();
  if (!counts) throw new Error("SQLite did not answer a checkpoint");
  return counts;
}
