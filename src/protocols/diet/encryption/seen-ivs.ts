const WORDS = 3;
const INITIAL = 16;

/**
 * The initialization vectors (12 bytes each) that were received under one key. The set is exact: it never
 * finds a vector that was not added, so no honest frame is taken for a replay. It takes 16 bytes a vector,
 * allocated in powers of two.
 */
export class SeenIvs {
  #size = 0;
  /** In the order of arrival. */
  #ivs = new Uint32Array(INITIAL * WORDS);
  /** A hash table, open-addressed and at most half full: 1 + the index in `#ivs`; 0 is free. */
  #places = new Uint16Array(INITIAL * 2);

  /** At most 65,535: the table's slots can hold no greater index. */
  get size(): number {
    return this.#size;
  }

  has(iv: Buffer): boolean {
    return this.#places[this.#slot(iv.readUInt32BE(0), iv.readUInt32BE(4), iv.readUInt32BE(8))] !== 0;
  }

  add(iv: Buffer): void {
    if (this.#size * WORDS === this.#ivs.length) this.#grow();
    this.#put(iv.readUInt32BE(0), iv.readUInt32BE(4), iv.readUInt32BE(8));
  }

  #put(a: number, b: number, c: number): void {
    const slot = this.#slot(a, b, c);
    if (this.#places[slot] !== 0) return;
    this.#ivs.set([a, b, c], this.#size * WORDS);
    this.#places[slot] = ++this.#size;
  }

  /** The slot of this vector, or the free slot where it belongs. */
  #slot(a: number, b: number, c: number): number {
    const mask = this.#places.length - 1;
    let slot = mix(a, b, c) & mask;
    for (;;) {
      const place = this.#places[slot];
      if (!place) return slot;
      const at = (place - 1) * WORDS;
      if (this.#ivs[at] === a && this.#ivs[at + 1] === b && this.#ivs[at + 2] === c) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const old = this.#ivs;
    this.#ivs = new Uint32Array(old.length * 2);
    this.#places = new Uint16Array(this.#places.length * 2);
    this.#size = 0;
    for (let at = 0; at < old.length; at += WORDS) this.#put(old[at]!, old[at + 1]!, old[at + 2]!);
  }
}

function mix(a: number, b: number, c: number): number {
  let mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 13);
}
