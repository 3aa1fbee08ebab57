import type { Decision, Place } from "../../core/apply.ts";
import type { History, Row } from "../../core/history.ts";
import type { Entry } from "../../core/log.ts";
import type { Update } from "./schema.ts";

export const roomOf = (contextId: string): string => `context:${contextId}`;
export const isContext = (room: string): boolean => room.startsWith("context:");

const METRIC = "metric ";
const SEEN = "seen ";

/** What is kept of a context, in rows of its room. */
export class Kept {
  /** What backends have said last, by metric. */
  readonly metrics = new Map<string, Update>();
  /** Users who have ever been in it. */
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

  /** The time of one more event: later than all before, so that a time tells where in the history it is. */
  timeOf(time: number): number {
    this.#lastTime = Math.max(time, this.#lastTime + 1);
    return this.#lastTime;
  }

  /** Null is no value: the metric's place is free again. */
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
  throw new Error("the room is no context");
}

/** What goes through the log. */
export type ContextEntries = { seen: { readonly userId: string } };

export const applies = {
  seen: ({ body }: Entry<ContextEntries["seen"]>, { state }: Place<unknown>): Decision => ({
    rows: [keptOf(state).see(body.userId)],
  }),
};
