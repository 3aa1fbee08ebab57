import type { Database } from "bun:sqlite";
import type { Clock } from "../core/clock.ts";
import type { Checkpoint, Done } from "./checkpoint-worker.ts";

export interface CheckpointOptions {
  /** The connection that writes, with `wal_autocheckpoint = 0`. Without it a log is only as short as its pauses let it be. */
  readonly writer?: Database;
  /** Milliseconds between two looks at the log. */
  readonly everyMs?: number;
  /** So many pages waiting in the log are worth a checkpoint. */
  readonly pages?: number;
  /** At so many pages the log should begin again: to write over what a file has costs half of making it longer. */
  readonly restartPages?: number;
  /** A checkpoint failed. The next look tries again; until one works the log grows, and nothing is lost. */
  readonly onError?: (error: Error) => void;
}

/**
 * Moves the write-ahead log of a database into the database on another thread, so that the writer does not stop
 * for it. Only when the log is to begin again does the writer move the last few pages, between two of its
 * transactions: a lock held by the worker would make it sleep instead, and one that never pauses would never let
 * the worker have it. `stop` does what is left and lets go of the file: close the writer's connection after it.
 */
export function startCheckpoints(
  file: string,
  clock: Clock,
  { writer, everyMs = 250, pages = 1_000, restartPages = 4_000, onError = () => {} }: CheckpointOptions = {},
): { stop(): Promise<void> } {
  let worker: Worker | undefined;
  let asked: Promise<void> | undefined;
  let answered = () => {};
  let stopping: Promise<void> | undefined;

  function start(): Worker {
    // The bundler does not follow this: scripts/build.ts lays the file where it is looked for.
    const url = new URL("./checkpoint-worker.ts", import.meta.url).href;
    const started = new Worker(url, { ref: false, smol: true });
    started.onmessage = ({ data }: MessageEvent<Done>) => {
      answered();
      if (data.error !== undefined) onError(new Error(data.error));
      if (data.restart) restart();
    };
    started.onerror = ({ message }) => onError(new Error(message));
    // Also when it could not be started at all.
    started.addEventListener("close", () => {
      worker = undefined;
      answered();
    });
    return started;
  }

  /** With all of the log in the database, the next transaction begins it again. */
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

  async function finish(): Promise<void> {
    cancel();
    worker?.ref();
    await asked;
    if (!worker) return;
    await ask(true);
    worker?.terminate();
  }

  return {
    stop: () => {
      stopping ??= finish();
      return stopping;
    },
  };
}
