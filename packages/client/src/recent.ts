/** Far more than can come twice. */
const KEPT = 1_000;

/** The last ids that came by. */
export class RecentIds {
  #older = new Set<string>();
  #newer = new Set<string>();

  /** Whether it is new. */
  add(id: string): boolean {
    if (this.#newer.has(id) || this.#older.has(id)) return false;
    if (this.#newer.size >= KEPT) {
      this.#older = this.#newer;
      this.#newer = new Set();
    }
    this.#newer.add(id);
    return true;
  }
}
