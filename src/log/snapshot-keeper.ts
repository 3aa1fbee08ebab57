import { rm } from "node:fs/promises";
import type { Cancel, Clock } from "../core/ports/clock.ts";
import { MIN_PAYLOAD } from "./connection.ts";
import type { Snapshot, Snapshots } from "./snapshots.ts";

const CHECK_MS = 1_000;
const EVERY_MS = 60 * 60_000;
const APART_MS = 60_000;
/** A log that is fuller than this is purged as soon as it can be. */
const FULL = 0.4;
/** One that is fuller than this may take nothing before the next snapshot, which then would not be of a later position. */
const NEARLY_FULL = 0.8;
/** While the log is nearly full, how long after one snapshot the next is made. Twice as long after each that left it so. */
const SOON_MS = 1_000;
/** While nobody says when the last one was made. */
const ASK_AGAIN_MS = 10_000;

export interface SnapshotKeeperParts {
  readonly clock: Clock;
  snapshots(): Promise<Pick<Snapshots, "all" | "save">>;
  /** That the log may have. */
  maxBytes(): number;
  /** Of the log, in bytes. */
  size(): number;
  /** Copies the database of this node into a new file. */
  copy(): Promise<{ readonly file: string; readonly position: number }>;
  /** Up to where every live node has applied the log. */
  appliedByAll(): number;
  /** Removes everything from the log up to a position. From then on `size` is what is left. */
  purge(upTo: number): Promise<void>;
  note(line: string, context: Record<string, unknown>): void;
}

/** Makes snapshots and purges the log, on the one node that holds the lease for it. */
export class SnapshotKeeper {
  #cancel: Cancel | undefined;
  #isWorking = false;
  /** Of the last one, by the clock of this process; undefined: another node may have made it. */
  #madeAt: number | undefined;
  #soonMs = SOON_MS;
  #pausedUntil = 0;

  constructor(private readonly parts: SnapshotKeeperParts) {}

  start(): void {
    this.#cancel = this.parts.clock.every(CHECK_MS, () => void this.#check());
  }

  stop(): void {
    this.#madeAt = undefined;
    this.#soonMs = SOON_MS;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** A log without room for the largest batch may refuse the next one. */
  get #isNearlyFull(): boolean {
    const maxBytes = this.parts.maxBytes();
    return this.parts.size() > Math.min(NEARLY_FULL * maxBytes, maxBytes - MIN_PAYLOAD);
  }

  async #check(): Promise<void> {
    const { clock, note } = this.parts;
    if (this.#isWorking || clock.monotonic() < this.#pausedUntil) return;
    this.#isWorking = true;
    try {
      this.#madeAt ??= clock.monotonic() - (await this.#age());
      if (clock.monotonic() - this.#madeAt >= this.#waitMs) {
        // A failure waits as long as a success: a disk that is full does not get better by trying.
        this.#madeAt = clock.monotonic();
        await this.make();
        // A large database takes longer than the shortest wait, and all its servers are busy with it meanwhile.
        if (this.#cancel) this.#madeAt = clock.monotonic();
      }
    } catch (error) {
      if (this.#madeAt === undefined) this.#pausedUntil = clock.monotonic() + ASK_AGAIN_MS;
      note("no snapshot could be made", { why: error instanceof Error ? error.message : String(error) });
    }
    this.#isWorking = false;
  }

  /** Between the last snapshot and the next one. */
  get #waitMs(): number {
    const { maxBytes, size } = this.parts;
    if (this.#isNearlyFull) return this.#soonMs;
    return size() > FULL * maxBytes() ? APART_MS : EVERY_MS;
  }

  async #age(): Promise<number> {
    const [newest] = await (await this.parts.snapshots()).all();
    return newest ? Date.now() - newest.madeAt : Number.POSITIVE_INFINITY;
  }

  /** Makes one, and drops from the log what is in the one before it, or in this one if need be, and was applied by all. */
  async make(): Promise<Snapshot[]> {
    const { appliedByAll, copy, note, purge, snapshots } = this.parts;
    // Until it is known that there is room again.
    this.#soonMs = Math.min(2 * this.#soonMs, APART_MS);
    const { file, position } = await copy();
    let kept: Snapshot[];
    try {
      kept = await (await snapshots()).save(file, position);
    } finally {
      await rm(file, { force: true });
    }
    const last = this.#isNearlyFull ? kept[0] : kept[1];
    const purgedUpTo = last && Math.min(last.position, appliedByAll());
    if (purgedUpTo !== undefined) await purge(purgedUpTo);
    if (!this.#isNearlyFull) this.#soonMs = SOON_MS;
    note("a snapshot was made", { position, bytes: kept[0]?.bytes, purgedUpTo });
    return kept;
  }
}
