import { type Backup, backUp } from "./backup.ts";

/** Sent to this worker, which answers with a `BackupDone` and ends. */
export interface BackupOrder {
  readonly database: string;
  readonly target: string;
}
export type BackupDone = { readonly backup: Backup } | { readonly error: string };

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<BackupOrder>) => self.postMessage(work(data));

function work({ database, target }: BackupOrder): BackupDone {
  try {
    return { backup: backUp(database, target) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
