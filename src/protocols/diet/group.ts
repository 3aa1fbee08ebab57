import type { History, Row } from "../../core/history.ts";

const SEEN = "seen ";

/**
 * The state of a group: users whom a token has made known there. The members that backends name are kept
 * elsewhere.
 */
export class Group {
  readonly #seen = new Set<string>();

  static restore(room: string, history: History): Group {
    const group = new Group();
    for (const key of history.state(room).keys()) group.#seen.add(key.slice(SEEN.length));
    return group;
  }

  has(userId: string): boolean {
    return this.#seen.has(userId);
  }

  see(userId: string): Row[] {
    if (this.#seen.has(userId)) return [];
    this.#seen.add(userId);
    return [{ table: "state", key: SEEN + userId, value: "" }];
  }

  forget(userId: string): Row[] {
    return this.#seen.delete(userId) ? [{ table: "state", key: SEEN + userId, value: null }] : [];
  }
}

export function groupFrom(state: unknown): Group {
  if (state instanceof Group) return state;
  throw new Error("the room is not the room of a group");
}
