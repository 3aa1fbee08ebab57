import type { DedupMemory } from "./dedup-memory.ts";
import { DedupTable } from "./dedup-table.ts";

/** A repeat is recognised among at least this many of a room's last messages, and for at least this long. */
export const WINDOW_MESSAGES = 1_000;
export const WINDOW_MS = 10 * 60_000;
/**
 * Where nodes share a log, an entry may get there so long after its time, also by a clock that is slow. It is compared
 * with what came before it by its own time, so ids are kept longer by this.
 */
export const LATE_MS = 5 * 60_000;
/** A slice is over when it has half of both. So the window never holds more than three halves and a bit. */
const SLICE_MESSAGES = WINDOW_MESSAGES / 2;
const SLICE_MS = WINDOW_MS / 2;
/** More ids in one table would stall a turn when it grows, or moves to the disk. */
const MAX_TABLE_IDS = 65_536;

interface Slice {
  /** A power of two of them; the low bits of its hash say in which an id is. */
  readonly tables: readonly DedupTable[];
  /** When its first message came. */
  readonly since: number;
  /** Places count from here. */
  readonly base: number;
  size: number;
}

/**
 * The window of client ids of one room, in slices by time. The oldest slice is dropped when the younger ones cover the
 * whole window on their own. So both bounds always hold, and no age is kept per id.
 *
 * Ids are kept as hashes (a few bytes where the text would take a hundred): `find` says where to look, and the stored
 * event says whether it is the same id. A slice that memory has no room for is looked up in the scratch file.
 */
export class DedupWindow {
  /** The oldest first. */
  readonly #slices: Slice[] = [];
  readonly #found: number[] = [];

  constructor(private readonly memory: DedupMemory) {}

  /** The offsets of the messages that may have carried this id, the last first. Valid until the next call. */
  find(hash: number): readonly number[] {
    const found = this.#found;
    found.length = 0;
    for (const slice of this.#slices) tableOf(slice, hash).find(hash, slice.base, found);
    if (found.length > 1) found.sort((one, other) => other - one);
    return found;
  }

  /** Offsets and times come in order. */
  add(hash: number, offset: number, time: number): void {
    let slice = this.#slices.at(-1);
    if (!slice || isOver(slice, time) || tableOf(slice, hash).isSpilled) slice = this.#begin(offset, time);
    tableOf(slice, hash).add(hash, offset - slice.base);
    slice.size++;
  }

  /** The window is no longer needed: what it takes becomes free. */
  drop(): void {
    for (const slice of this.#slices) dropTables(slice);
    this.#slices.length = 0;
  }

  #begin(offset: number, time: number): Slice {
    const slices = this.#slices;
    const last = slices.at(-1);
    const count = last ? tablesAfter(last) : 1;
    const tables = Array.from({ length: count }, () => new DedupTable(this.memory));
    const begun = { tables, since: time, base: offset - 1, size: 0 };
    slices.push(begun);
    while (slices.length > 1 && this.#coversWindow(1, time)) dropTables(slices.shift()!);
    return begun;
  }

  /** The slices from this one on hold the last 1,000 messages and all that an entry may be compared with. */
  #coversWindow(from: number, time: number): boolean {
    if (time - this.#slices[from]!.since < WINDOW_MS + this.memory.lateMs) return false;
    let size = 0;
    for (let at = from; at < this.#slices.length; at++) size += this.#slices[at]!.size;
    return size >= WINDOW_MESSAGES;
  }
}

const tableOf = ({ tables }: Slice, hash: number): DedupTable => tables[hash & (tables.length - 1)]!;

const isFull = ({ size, tables }: Slice): boolean => size >= MAX_TABLE_IDS * tables.length;

function isOver(slice: Slice, time: number): boolean {
  return isFull(slice) || (slice.size >= SLICE_MESSAGES && time - slice.since >= SLICE_MS);
}

/** As many as the last slice would have needed; twice as many where it was full before its time was over. */
function tablesAfter(slice: Slice): number {
  if (isFull(slice)) return slice.tables.length * 2;
  return 2 ** Math.ceil(Math.log2(Math.max(1, slice.size / MAX_TABLE_IDS)));
}

function dropTables({ tables }: Slice): void {
  for (const table of tables) table.drop();
}
