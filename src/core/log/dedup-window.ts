/** A repeat is recognised among at least so many of a room's last messages, and at least so long. */
export const WINDOW_MESSAGES = 1_000;
export const WINDOW_MS = 10 * 60_000;

/**
 * The window of client ids of one room. Two generations: when the younger covers the whole window on its
 * own, the older is dropped. So both bounds always hold, and no age is kept per id.
 *
 * Ids are kept as 53-bit hashes (a few bytes where the text would take a hundred): `find` says where to
 * look, and the stored event says whether it is the same id.
 */
export class DedupWindow {
  #older = new Map<number, number>();
  #younger = new Map<number, number>();
  #since = 0;

  /** The offset of the message that may have carried this id. */
  find(sender: string | null, clientId: string): number | undefined {
    const key = hash(sender, clientId);
    return this.#younger.get(key) ?? this.#older.get(key);
  }

  add(sender: string | null, clientId: string, offset: number, time: number): void {
    if (this.#younger.size === 0) this.#since = time;
    else if (this.#younger.size >= WINDOW_MESSAGES && time - this.#since >= WINDOW_MS) {
      this.#older = this.#younger;
      this.#younger = new Map();
      this.#since = time;
    }
    this.#younger.set(hash(sender, clientId), offset);
  }
}

// Drawn at the start, so that nobody can look for ids that meet.
const [SEED = 0, OTHER_SEED = 0] = crypto.getRandomValues(new Int32Array(2));

/**
 * 53 bits, as a double holds them exactly. Made of numbers alone: a hash that comes as a BigInt cost five times this,
 * most of it in garbage.
 */
function hash(sender: string | null, clientId: string): number {
  const text = `${sender ?? ""}\n${clientId}`;
  let high = SEED;
  let low = OTHER_SEED;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x9e3779b1);
    low = Math.imul(low ^ code, 0x5f356495);
    high ^= high >>> 15;
    low ^= low >>> 13;
  }
  return (high & 0x1f_ffff) * 2 ** 32 + (low >>> 0);
}
