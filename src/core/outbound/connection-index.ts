import type { Connection } from "./connection.ts";

const NOBODY: readonly Connection[] = [];

/**
 * Connections by a name. Most names have one connection, a user or a room of one user's own, and that one is kept
 * without a set: sets were half a kilobyte of each connection.
 */
export class ConnectionIndex {
  readonly #groups = new Map<string, Connection | Set<Connection>>();

  add(name: string, connection: Connection): void {
    const group = this.#groups.get(name);
    if (group instanceof Set) group.add(connection);
    else this.#groups.set(name, group && group !== connection ? new Set([group, connection]) : connection);
  }

  /** True when that was the last one. */
  remove(name: string, connection: Connection): boolean {
    const group = this.#groups.get(name);
    if (group instanceof Set) {
      if (!group.delete(connection) || group.size > 0) return false;
    } else if (group !== connection) return false;
    return this.#groups.delete(name);
  }

  has(name: string): boolean {
    return this.#groups.has(name);
  }

  of(name: string): Iterable<Connection> {
    const group = this.#groups.get(name);
    return group instanceof Set ? group : group ? [group] : NOBODY;
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
