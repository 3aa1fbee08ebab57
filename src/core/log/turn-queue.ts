import type { Completion } from "../outbound/delivery.ts";
import type { Entry } from "../protocol/entry.ts";

/** Where handlers leave what they want done. */
export interface TurnQueue {
  /** Returns the id of the entry. */
  record(entry: Omit<Entry, "v" | "id" | "time">, completion: Completion): string;
  /** Commits this number of entries, which are recorded now, in one transaction. */
  reserve(entries: number): void;
  /**
   * Runs in its place among the turn's publishes, after the commit; when that fails, not at all. `snapshot` runs
   * before the commit, when the entries before this place have been applied and those after it have not; and again
   * when the commit fails and the effect runs all the same, because no message asked for it.
   */
  after(effect: () => void, completion?: Completion, snapshot?: () => void): void;
  /** After the turn, tells the room's protocol if the room is empty then. */
  settle(room: string): void;
}
