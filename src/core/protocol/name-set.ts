/** Up to this number names are compared one by one. */
const FEW = 8;

/**
 * A set of names, in the order in which they were added. Most sets of a connection hold no more than three names: one
 * takes 32 bytes here, three take 100, and a `Set` of one takes 260.
 */
export class NameSet implements Iterable<string> {
  #names: string | readonly string[] | Set<string> | undefined;

  get size(): number {
    const names = this.#names;
    if (names === undefined) return 0;
    if (typeof names === "string") return 1;
    return names instanceof Set ? names.size : names.length;
  }

  has(name: string): boolean {
    const names = this.#names;
    if (names === undefined || typeof names === "string") return names === name;
    return names instanceof Set ? names.has(name) : names.includes(name);
  }

  add(name: string): void {
    const names = this.#names;
    if (names instanceof Set) names.add(name);
    else if (names === undefined) this.#names = name;
    else if (!this.has(name)) {
      const more = typeof names === "string" ? [names, name] : [...names, name];
      this.#names = more.length > FEW ? new Set(more) : more;
    }
  }

  /** Whether it was there. */
  delete(name: string): boolean {
    const names = this.#names;
    if (names instanceof Set) return names.delete(name);
    if (!this.has(name)) return false;
    const left = typeof names === "string" ? [] : names?.filter((one) => one !== name);
    this.#names = left && left.length > 1 ? left : left?.[0];
    return true;
  }

  clear(): void {
    this.#names = undefined;
  }

  /** What is deleted meanwhile does not come any more, and what is added meanwhile does not come yet. */
  *[Symbol.iterator](): Generator<string, void> {
    const names = this.#names;
    if (names === undefined) return;
    if (typeof names === "string") yield names;
    else for (const name of [...names]) if (this.has(name)) yield name;
  }
}
