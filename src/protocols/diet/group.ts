import type { History, Row } from "../../core/history.ts";

const SEEN = "seen ";

/** What is kept of a group: besides its members, whose token has brought them there. */
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
  throw new Error("the room is no group");
}
