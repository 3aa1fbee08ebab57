import { rm } from "node:fs/promises";
import type { Snapshot, Snapshots } from "./snapshots.ts";

const CHECK_MS = 10_000;
const EVERY_MS = 60 * 60_000;
const APART_MS = 60_000;
/** A log that is fuller than this is purged as soon as it can be. */
const FULL = 0.4;
/** One that is fuller than this may take nothing before the next snapshot, which then would not be of a later position. */
const NEARLY_FULL = 0.8;

export interface SnapshotKeeperParts {
  snapshots(): Promise<Snapshots>;
  readonly maxBytes: number;
  /** Of the log, in bytes. */
  size(): number;
  /** Copies the database of this node into a new file. */
  copy(): Promise<{ readonly file: string; readonly position: number }>;
  /** Up to where every live node has applied the log. */
  appliedByAll(): number;
  /** Removes everything from the log up to a position. */
  purge(upTo: number): Promise<void>;
  note(line: string, context: Record<string, unknown>): void;
}

/** Makes snapshots and purges the log, on the one node that holds the lease for it. */
export class SnapshotKeeper {
  #timer: ReturnType<typeof setInterval> | undefined;
  #isWorking = false;
  /** Of the last one, by the clock of this process; undefined: another node may have made it. */
  #madeAt: number | undefined;

  constructor(private readonly parts: SnapshotKeeperParts) {}

  start(): void {
    this.#timer = setInterval(() => void this.#check(), CHECK_MS);
  }

  stop(): void {
    this.#madeAt = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #check(): Promise<void> {
    const { maxBytes, note, size } = this.parts;
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      this.#madeAt ??= performance.now() - (await this.#age());
      const age = performance.now() - this.#madeAt;
      const isDue = age > EVERY_MS || (age > APART_MS && size() > FULL * maxBytes);
      if (isDue) {
        // A failure waits as long as a success: a disk that is full does not get better by trying.
        this.#madeAt = performance.now();
        await this.make();
      }
    } catch (error) {
      note("no snapshot could be made", { why: error instanceof Error ? error.message : String(error) });
    }
    this.#isWorking = false;
  }

  async #age(): Promise<number> {
    const [newest] = await (await this.parts.snapshots()).all();
    return newest ? Date.now() - newest.madeAt : Number.POSITIVE_INFINITY;
  }

  /** Makes one, and drops from the log what is in the one before it, or in this one if need be, and was applied by all. */
  async make(): Promise<Snapshot[]> {
    const { appliedByAll, copy, maxBytes, note, purge, size, snapshots } = this.parts;
    const { file, position } = await copy();
    try {
      const kept = await (await snapshots()).save(file, position);
      const isNearlyFull = size() > NEARLY_FULL * maxBytes;
      const last = isNearlyFull ? kept[0] : kept[1];
      const purgedUpTo = last && Math.min(last.position, appliedByAll());
      if (purgedUpTo !== undefined) await purge(purgedUpTo);
      note("a snapshot was made", { position, bytes: kept[0]?.bytes, purgedUpTo });
      return kept;
    } finally {
      await rm(file, { force: true });
    }
  }
}
