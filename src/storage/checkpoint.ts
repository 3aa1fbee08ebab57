import type { Database } from "bun:sqlite";
import type { Clock } from "../core/ports/clock.ts";
import type { Checkpoint, Done } from "./checkpoint-worker.ts";

export interface CheckpointOptions {
  /**
   * The connection that writes, with `wal_autocheckpoint = 0`. Without it the log begins again only when
   * writing pauses.
   */
  readonly writer?: Database;
  /** Milliseconds between two checks of the log. */
  readonly everyMs?: number;
  /** A checkpoint runs when at least this many pages wait in the log. */
  readonly pages?: number;
  /** Pages at which the log should begin again. To overwrite a file costs half as much as to extend it. */
  readonly restartPages?: number;
  /**
   * Called when a checkpoint failed. The next check tries again. Until one succeeds the log grows and nothing
   * is lost.
   */
  readonly onError?: (error: Error) => void;
}

/**
 * Moves the write-ahead log of a database into the database on another thread, so that the writer does not
 * stop for it. Only when the log is to begin again does the writer move the last few pages, between two of
 * its transactions. If the worker held a lock instead, the writer would sleep, and a writer that never pauses
 * would never let the worker have the lock. `stop` moves the rest and releases the file: close the writer's
 * connection after it.
 */
export function startCheckpoints(
  file: string,
  clock: Clock,
  { writer, everyMs = 250, pages = 1_000, restartPages = 4_000, onError = () => {} }: CheckpointOptions = {},
): { stop(): Promise<void>; empty(): Promise<boolean> } {
  let worker: Worker | undefined;
  let asked: Promise<void> | undefined;
  let answered = () => {};
  let stopping: Promise<void> | undefined;

  function start(): Worker {
    // The bundler does not follow this URL; scripts/build.ts puts the file there.
    const url = new URL("./checkpoint-worker.ts", import.meta.url).href;
    const started = new Worker(url, { ref: false, smol: true });
    started.onmessage = ({ data }: MessageEvent<Done>) => {
      answered();
      if (data.error !== undefined) onError(new Error(data.error));
      if (data.restart) restart();
    };
    started.onerror = ({ message }) => onError(new Error(message));
    // The event comes also when the worker could not be started at all.
    started.addEventListener("close", () => {
      worker = undefined;
      answered();
    });
    return started;
  }

  /** Once the whole log is in the database, the next transaction begins the log again. */
  function restart(): void {
    try {
      writer?.run("PRAGMA wal_checkpoint(PASSIVE)");
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }

  function ask(last: boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    answered = resolve;
    worker ??= start();
    worker.postMessage({ file, pages, restartPages, last } satisfies Checkpoint);
    return promise;
  }

  const cancel = clock.every(everyMs, () => {
    asked ??= ask(false).finally(() => {
      asked = undefined;
    });
  });

  /** Moves the whole log into the database and cuts it to nothing: false where a reader or a writer was in the way. */
  async function empty(): Promise<boolean> {
    await asked;
    asked = ask(false).finally(() => {
      asked = undefined;
    });
    await asked;
    const done = writer?.query<{ busy: number }, []>("PRAGMA wal_checkpoint(TRUNCATE)").get();
    return done?.busy === 0;
  }

  async function finish(): Promise<void> {
    cancel();
    worker?.ref();
    await asked;
    if (!worker) return;
    await ask(true);
    worker?.terminate();
  }

  return {
    empty,
    stop: () => {
      stopping ??= finish();
      return stopping;
    },
  };
}
