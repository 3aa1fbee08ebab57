import type { Row } from "../../core/ports/store.ts";

const NONE: readonly Row[] = [];

/** A map in the state of a room. Each change becomes a row of the room's state, under the map's name. */
export class StoredMap<Value> {
  readonly #values = new Map<string, Value>();
  readonly #changed = new Set<string>();
  readonly #prefix: string;

  /**
   * Reads the map from its rows. Rows have no order: where the order counts, `orderOf` sorts them, lowest first. It
   * must not be a time, because the clocks of nodes differ.
   */
  constructor(name: string, rows: ReadonlyMap<string, string>, orderOf?: (value: Value) => number) {
    this.#prefix = `${name} `;
    const own: [string, Value][] = [];
    for (const [key, value] of rows) {
      if (key.startsWith(this.#prefix)) own.push([key.slice(this.#prefix.length), JSON.parse(value)]);
    }
    if (orderOf) own.sort(([, a], [, b]) => orderOf(a) - orderOf(b));
    for (const [key, value] of own) this.#values.set(key, value);
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  /** A key that exists keeps its place in the order. */
  set(key: string, value: Value): void {
    this.#values.set(key, value);
    this.#changed.add(key);
  }

  /** Puts the key last in the order. */
  append(key: string, value: Value): void {
    this.#values.delete(key);
    this.set(key, value);
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#changed.add(key);
  }

  values(): Iterable<Value> {
    return this.#values.values();
  }

  /** In order. The caller may delete entries while iterating. */
  entries(): Iterable<[string, Value]> {
    return this.#values;
  }

  /** Rows of everything that has changed since the last call. */
  rows(): readonly Row[] {
    if (this.#changed.size === 0) return NONE;
    const rows = Array.from(this.#changed, (key): Row => {
      const value = this.#values.get(key);
      const json = value === undefined ? null : JSON.stringify(value);
      return { table: "state", key: this.#prefix + key, value: json };
    });
    this.#changed.clear();
    return rows;
  }
}
