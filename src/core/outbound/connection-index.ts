import type { Connection } from "./connection.ts";

const NOBODY: readonly Connection[] = [];

/**
 * Connections by a name. Most names have one connection, a user or a room of one user's own, and that one is kept
 * without a set: sets were half a kilobyte of each connection.
 */
export class ConnectionIndex {
  readonly #groups = new Map<string, Connection | Set<Connection>>();

  #total = 0;

  add(name: string, connection: Connection): void {
    const group = this.#groups.get(name);
    if (group === connection || (group instanceof Set && group.has(connection))) return;
    this.#total++;
    if (group instanceof Set) group.add(connection);
    else this.#groups.set(name, group ? new Set([group, connection]) : connection);
  }

  /** True when that was the last one. */
  remove(name: string, connection: Connection): boolean {
    const group = this.#groups.get(name);
    if (!(group instanceof Set ? group.delete(connection) : group === connection)) return false;
    this.#total--;
    if (group instanceof Set && group.size > 0) return false;
    return this.#groups.delete(name);
  }

  has(name: string): boolean {
    return this.#groups.has(name);
  }

  of(name: string): Iterable<Connection> {
    const group = this.#groups.get(name);
    return group instanceof Set ? group : group ? [group] : NOBODY;
  }

  /** One of them; undefined where there is none. */
  first(name: string): Connection | undefined {
    const group = this.#groups.get(name);
    return group instanceof Set ? group.values().next().value : group;
  }

  /** Of all names together: a connection counts once for each of its names. */
  get total(): number {
    return this.#total;
  }

  size(name: string): number {
    const group = this.#groups.get(name);
    return group instanceof Set ? group.size : group ? 1 : 0;
  }

  /** The rooms that are not empty. */
  get names(): Iterable<string> {
    return this.#groups.keys();
  }
}
