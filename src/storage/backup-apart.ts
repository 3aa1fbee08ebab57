import type { Backup } from "./backup.ts";
import type { BackupDone, BackupOrder } from "./backup-worker.ts";

/** Copies the database of this server on another thread: a large copy would block the event loop. */
export function backUpApart(database: string, target: string): Promise<Backup> {
  const { promise, resolve, reject } = Promise.withResolvers<Backup>();
  // The bundler does not follow this URL; scripts/build.ts puts the file there.
  const worker = new Worker(new URL("./backup-worker.ts", import.meta.url).href, { ref: false, smol: true });
  worker.onmessage = ({ data }: MessageEvent<BackupDone>) => {
    if ("backup" in data) resolve(data.backup);
    else reject(new Error(data.error));
    worker.terminate();
  };
  worker.onerror = ({ message }) => reject(new Error(message));
  // The event comes also when the worker could not be started at all.
  worker.addEventListener("close", () => reject(new Error("the backup ended without an answer")));
  worker.postMessage({ database, target } satisfies BackupOrder);
  return promise;
}
