import type { History } from "../../core/ports/history.ts";
import type { Row } from "../../core/ports/store.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import type { Decision, Place } from "../../core/protocol/reducer.ts";
import type { Update } from "./schema.ts";

export const roomOf = (contextId: string): string => `context:${contextId}`;
export const isContext = (room: string): boolean => room.startsWith("context:");

const METRIC = "metric ";
const SEEN = "seen ";

/** The state of a context. It is stored in rows of the context's room. */
export class Kept {
  /** The last update that backends posted, by metric. */
  readonly metrics = new Map<string, Update>();
  /** Users who have ever been in the context. */
  readonly seen = new Set<string>();
  #lastTime = 0;

  static restore(room: string, history: History): Kept {
    const kept = new Kept();
    kept.#lastTime = history.last(room)?.time ?? 0;
    for (const [key, value] of history.state(room)) {
      if (key.startsWith(SEEN)) kept.seen.add(key.slice(SEEN.length));
      else if (key.startsWith(METRIC)) kept.metrics.set(key.slice(METRIC.length), JSON.parse(value));
    }
    return kept;
  }

  /**
   * The time of one more event. It is later than all times before, so that a time identifies a place in the
   * history.
   */
  timeOf(time: number): number {
    this.#lastTime = Math.max(time, this.#lastTime + 1);
    return this.#lastTime;
  }

  /** Null means no value: it frees the metric's place. */
  update(update: Update): Row {
    const { metric, value } = update;
    if (value === null) this.metrics.delete(metric);
    else this.metrics.set(metric, update);
    return { table: "state", key: METRIC + metric, value: value === null ? null : JSON.stringify(update) };
  }

  see(userId: string): Row {
    this.seen.add(userId);
    return { table: "state", key: SEEN + userId, value: "" };
  }
}

export function keptOf(state: unknown): Kept {
  if (state instanceof Kept) return state;
  throw new Error("the room is not the room of a context");
}

/** The kinds of entries in the log. */
export type ContextEntries = { seen: { readonly userId: string } };

export const applies = {
  seen: ({ body }: Entry<ContextEntries["seen"]>, { state }: Place<unknown>): Decision => ({
    rows: [keptOf(state).see(body.userId)],
  }),
};
