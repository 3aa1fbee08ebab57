import type { History } from "../../core/ports/history.ts";
import type { Row } from "../../core/ports/store.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import type { Decision, Place } from "../../core/protocol/reducer.ts";
import type { Update } from "./schema.ts";
import { STRETCHES, Timeline } from "./timeline.ts";

export const roomOf = (contextId: string): string => `context:${contextId}`;
export const isContext = (room: string): boolean => room.startsWith("context:");

const METRIC = "metric ";
const SEEN = "seen ";

export const seenKey = (userId: string): string => SEEN + userId;

/** The state of a context. It is stored in rows of the context's room. */
export class ContextState {
  /** The last update that backends posted, by metric. */
  readonly metrics = new Map<string, Update>();
  /** Users who have ever been in the context. */
  readonly seen = new Set<string>();

  private constructor(readonly timeline: Timeline) {}

  static restore(room: string, history: History): ContextState {
    const rows = history.state(room);
    const context = new ContextState(new Timeline(room, history, rows.get(STRETCHES)));
    for (const [key, value] of rows) {
      if (key.startsWith(SEEN)) context.seen.add(key.slice(SEEN.length));
      else if (key.startsWith(METRIC)) context.metrics.set(key.slice(METRIC.length), JSON.parse(value));
    }
    return context;
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
    return { table: "state", key: seenKey(userId), value: "" };
  }
}

export function contextState(state: unknown): ContextState {
  if (state instanceof ContextState) return state;
  throw new Error("the room is not the room of a context");
}

/** The kinds of entries in the log. */
export type ContextEntries = { seen: { readonly userId: string } };

export const applies = {
  seen: ({ body }: Entry<ContextEntries["seen"]>, { state }: Place<unknown>): Decision => ({
    rows: [contextState(state).see(body.userId)],
  }),
};
