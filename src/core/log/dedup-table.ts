import type { Scratch } from "../ports/scratch.ts";

/** A slot is two words: the hash of an id, and the place of its message, counted from 1. A place of 0: it is free. */
const SLOT_WORDS = 2;
const SLOT_BYTES = SLOT_WORDS * Int32Array.BYTES_PER_ELEMENT;
const FIRST_SLOTS = 16;
/** Slots that are read from the scratch file at a time: they nearly always contain the wanted id. */
const READ_SLOTS = 64;
const NOTHING = new Int32Array(0);

/** Keeps count of what tables take. */
export interface TableMemory {
  grown(table: DedupTable, bytes: number): void;
  left(table: DedupTable, bytes: number): void;
}

const read = new Int32Array(READ_SLOTS * SLOT_WORDS);

/**
 * Hashes of ids with the places of their messages: 11 to 16 bytes an id, by open addressing with linear probing in one
 * typed array. Different ids may have the same hash, so a table names all places that an id may have.
 */
export class DedupTable {
  #slots = NOTHING;
  #capacity = 0;
  #size = 0;
  #spilled: { readonly scratch: Scratch; readonly position: number } | undefined;

  constructor(private readonly memory: TableMemory) {}

  get isSpilled(): boolean {
    return this.#spilled !== undefined;
  }

  /** Only while it is in memory. */
  add(hash: number, place: number): void {
    if ((this.#size + 1) * 4 > this.#capacity * 3) this.#grow();
    put(this.#slots, this.#capacity, hash, place);
    this.#size++;
  }

  /** Adds to `found` what is `base` above the places of ids with this hash. */
  find(hash: number, base: number, found: number[]): void {
    if (this.#spilled) {
      this.#findSpilled(this.#spilled, hash, base, found);
      return;
    }
    if (this.#size === 0) return;
    const slots = this.#slots;
    for (let slot = home(hash, this.#capacity); ; ) {
      const place = slots[slot * SLOT_WORDS + 1]!;
      if (place === 0) return;
      if (slots[slot * SLOT_WORDS] === hash) found.push(base + place);
      if (++slot === this.#capacity) slot = 0;
    }
  }

  /** From memory into the scratch file, as it is. */
  spill(scratch: Scratch): void {
    this.#spilled = { scratch, position: scratch.write(this.#slots) };
    this.memory.left(this, this.#capacity * SLOT_BYTES);
    this.#slots = NOTHING;
  }

  /** It is no longer needed. */
  drop(): void {
    this.#spilled?.scratch.free(this.#spilled.position, this.#capacity * SLOT_WORDS);
    this.memory.left(this, this.#capacity * SLOT_BYTES);
  }

  #grow(): void {
    const before = this.#capacity;
    const old = this.#slots;
    this.#capacity = Math.max(FIRST_SLOTS, before + (before >> 1));
    this.#slots = new Int32Array(this.#capacity * SLOT_WORDS);
    for (let at = 0; at < old.length; at += SLOT_WORDS) {
      const place = old[at + 1]!;
      if (place !== 0) put(this.#slots, this.#capacity, old[at]!, place);
    }
    this.memory.grown(this, (this.#capacity - before) * SLOT_BYTES);
  }

  #findSpilled(
    { scratch, position }: { readonly scratch: Scratch; readonly position: number },
    hash: number,
    base: number,
    found: number[],
  ): void {
    for (let slot = home(hash, this.#capacity); ; ) {
      const count = Math.min(READ_SLOTS, this.#capacity - slot);
      const slots = read.subarray(0, count * SLOT_WORDS);
      scratch.read(position + slot * SLOT_BYTES, slots);
      for (let at = 0; at < slots.length; at += SLOT_WORDS) {
        const place = slots[at + 1]!;
        if (place === 0) return;
        if (slots[at] === hash) found.push(base + place);
      }
      slot = slot + count === this.#capacity ? 0 : slot + count;
    }
  }
}

/** Where the search for a hash begins: by its high bits, since its low ones have chosen the table. */
const home = (hash: number, capacity: number): number => Math.floor(((hash >>> 0) * capacity) / 2 ** 32);

/** The array always has a free slot. */
function put(slots: Int32Array, capacity: number, hash: number, place: number): void {
  let slot = home(hash, capacity);
  while (slots[slot * SLOT_WORDS + 1] !== 0) if (++slot === capacity) slot = 0;
  slots[slot * SLOT_WORDS] = hash;
  slots[slot * SLOT_WORDS + 1] = place;
}
