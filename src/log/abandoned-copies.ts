import type { JetStreamManager } from "@nats-io/jetstream";
import type { StoredObjects } from "./stored-objects.ts";

/** A node that writes a snapshot sends its parts less than this apart. */
export const ABANDONED_MS = 60_000;

/**
 * Removes the parts of snapshots whose writer has died. They belong to no object, and would fill the servers' disks until
 * there is no room for another snapshot, without which the log is never purged.
 */
export async function removeAbandoned(
  { streams }: JetStreamManager,
  objects: StoredObjects,
  bucket: string,
  silentMs: number,
): Promise<void> {
  const stream = `OBJ_${bucket}`;
  const prefix = `$O.${bucket}.C.`;
  const { state } = await streams.info(stream, { subjects_filter: `${prefix}>` });
  const whole = new Set((await objects.list()).map(({ nuid }) => `${prefix}${nuid}`));
  for (const subject of Object.keys(state.subjects ?? {})) {
    if (whole.has(subject)) continue;
    const last = await streams.getMessage(stream, { last_by_subj: subject });
    if (last && Date.now() - last.time.getTime() >= silentMs)
      await streams.purge(stream, { filter: subject });
  }
}
