import type { Scratch } from "../ports/scratch.ts";
import type { DedupTable, TableMemory } from "./dedup-table.ts";

const HIGH_FACTOR = 0x9e3779b1;
const LOW_FACTOR = 0x5f356495;
const SEPARATOR = 0x1_0000;

/** Two numbers that nobody outside knows, so that nobody can make ids that meet. */
export type Seed = readonly [high: number, low: number];

export interface DedupMemoryParts {
  /** What the tables of all rooms may take. */
  readonly maxBytes: number;
  /** Where the oldest tables go when there are more. Without it all stay in memory. */
  readonly scratch: Scratch;
  readonly report: (error: unknown) => void;
  /** How much older than its room's newest event an entry may be, in milliseconds; without it, not at all. */
  readonly lateMs?: number | undefined;
}

/** What the client ids of all rooms take in memory, and the bound on it. */
export class DedupMemory implements TableMemory {
  bytes = 0;
  readonly lateMs: number;
  /** The tables in memory, the one that was begun first comes first. */
  readonly #tables = new Set<DedupTable>();

  constructor(
    private readonly parts?: DedupMemoryParts,
    private readonly seed: Seed = randomSeed(),
  ) {
    this.lateMs = parts?.lateMs ?? 0;
  }

  /** 32 bits. Made of numbers alone: a hash that comes as a BigInt cost five times this, most of it in garbage. */
  hash(sender: string | null, clientId: string): number {
    let [high, low] = this.seed;
    const text = sender ?? "";
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      high = Math.imul(high ^ code, HIGH_FACTOR);
      low = Math.imul(low ^ code, LOW_FACTOR);
      high ^= high >>> 15;
      low ^= low >>> 13;
    }
    // No code unit has this value, so sender and id do not run together.
    high = Math.imul(high ^ SEPARATOR, HIGH_FACTOR);
    low = Math.imul(low ^ SEPARATOR, LOW_FACTOR);
    for (let at = 0; at < clientId.length; at++) {
      const code = clientId.charCodeAt(at);
      high = Math.imul(high ^ code, HIGH_FACTOR);
      low = Math.imul(low ^ code, LOW_FACTOR);
      high ^= high >>> 15;
      low ^= low >>> 13;
    }
    const mixed = Math.imul(high ^ (low << 16) ^ (low >>> 16), 0x85ebca6b);
    return Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) ^ (mixed >>> 16);
  }

  /** The table takes this many more bytes. It stays; others may have to go. */
  grown(table: DedupTable, bytes: number): void {
    this.#tables.add(table);
    this.bytes += bytes;
    if (!this.parts || this.bytes <= this.parts.maxBytes) return;
    for (const oldest of this.#tables) {
      if (oldest === table) continue;
      try {
        oldest.spill(this.parts.scratch);
      } catch (error) {
        // More memory than is allowed, but no id is forgotten.
        this.parts.report(error);
        return;
      }
      if (this.bytes <= this.parts.maxBytes) return;
    }
  }

  /** The table is no longer in memory. */
  left(table: DedupTable, bytes: number): void {
    if (this.#tables.delete(table)) this.bytes -= bytes;
  }
}

export function randomSeed(): Seed {
  const [high = 0, low = 0] = crypto.getRandomValues(new Int32Array(2));
  return [high, low];
}
