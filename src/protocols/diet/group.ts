import type { History } from "../../core/ports/history.ts";
import type { Row } from "../../core/ports/store.ts";

const SEEN = "seen ";

/** What a token grants its user in a group. It is valid as long as the token. */
export interface Seen {
  /** Both in milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** `order`: a larger number came later. It is a count, because the clocks of nodes differ. */
type Kept = Seen & { readonly order: number };

/** Rows of earlier versions do not say how long their token was good. */
const OVER: Seen = { issuedAt: 0, expiresAt: 0 };

/** The stored state of a group besides its members: the users whom a token has let in. */
export class Group {
  /** The user who came last is last. */
  readonly #seen = new Map<string, Kept>();

  static restore(room: string, history: History): Group {
    const group = new Group();
    const all = Array.from(history.state(room), ([key, value]): [string, Kept] => [
      key.slice(SEEN.length),
      // Rows of earlier versions have no order either.
      { order: 0, ...(value === "" ? OVER : JSON.parse(value)) },
    ]);
    all.sort(([a, one], [b, other]) => one.order - other.order || (a < b ? -1 : 1));
    for (const [userId, seen] of all) group.#seen.set(userId, seen);
    return group;
  }

  seen(userId: string): Seen | undefined {
    return this.#seen.get(userId);
  }

  see(userId: string, seen: Seen, now: number): Row[] {
    // Removes up to two expired ones for each new one, so that they do not pile up.
    const expired = [...this.#seen].slice(0, 2).filter(([, { expiresAt }]) => expiresAt <= now);
    const rows = expired.flatMap(([userId]) => this.forget(userId));
    this.#seen.delete(userId);
    const kept: Kept = { ...seen, order: this.#lastOrder() + 1 };
    this.#seen.set(userId, kept);
    return [...rows, { table: "state", key: SEEN + userId, value: JSON.stringify(kept) }];
  }

  /** From the rows alone, so that a node that has just restarted counts on from the same number. */
  #lastOrder(): number {
    let last = 0;
    for (const { order } of this.#seen.values()) if (order > last) last = order;
    return last;
  }

  forget(userId: string): Row[] {
    return this.#seen.delete(userId) ? [{ table: "state", key: SEEN + userId, value: null }] : [];
  }
}

export function groupFrom(state: unknown): Group {
  if (state instanceof Group) return state;
  throw new Error("the room is no group");
}
