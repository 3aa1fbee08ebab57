import type { History } from "../../core/ports/history.ts";
import type { Row } from "../../core/ports/store.ts";

const SEEN = "seen ";

/** What a token said of its user's place in a group. It counts no longer than the token. */
export interface Seen {
  /** Both in milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** Rows of earlier versions do not say how long their token was good. */
const OVER: Seen = { issuedAt: 0, expiresAt: 0 };

/** What is kept of a group besides its members: the users whose token has brought them into it. */
export class Group {
  /** The user who came last is last. */
  readonly #seen = new Map<string, Seen>();

  static restore(room: string, history: History): Group {
    const group = new Group();
    for (const [key, value] of history.state(room)) {
      group.#seen.set(key.slice(SEEN.length), value === "" ? OVER : JSON.parse(value));
    }
    return group;
  }

  seen(userId: string): Seen | undefined {
    return this.#seen.get(userId);
  }

  see(userId: string, seen: Seen, now: number): Row[] {
    // Two go for one that comes, so that tokens that have expired do not pile up.
    const expired = [...this.#seen].slice(0, 2).filter(([, { expiresAt }]) => expiresAt <= now);
    const rows = expired.flatMap(([userId]) => this.forget(userId));
    this.#seen.delete(userId);
    this.#seen.set(userId, seen);
    return [...rows, { table: "state", key: SEEN + userId, value: JSON.stringify(seen) }];
  }

  forget(userId: string): Row[] {
    return this.#seen.delete(userId) ? [{ table: "state", key: SEEN + userId, value: null }] : [];
  }
}

export function groupFrom(state: unknown): Group {
  if (state instanceof Group) return state;
  throw new Error("the room is no group");
}
