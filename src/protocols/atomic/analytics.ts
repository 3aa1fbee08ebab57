import type { z } from "zod";
import type { StoredEvent } from "../../core/ports/history.ts";
import type { Context } from "../../core/protocol/context.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import type { Services } from "../../core/protocol/protocol.ts";
import type { Decision, Place } from "../../core/protocol/reducer.ts";
import type { Roster } from "../../core/protocol/roster.ts";
import { isWithin } from "../../core/protocol/same.ts";
import { cleanText } from "../../core/protocol/text.ts";
import { iso } from "../../core/protocol/time.ts";
import { Activity } from "./activity.ts";
import { contextState } from "./contexts.ts";
import { contextRoom, type State, type Visit } from "./entrance.ts";
import { encode } from "./frames.ts";
import { Gauges } from "./gauges.ts";
import { wrong } from "./refusals.ts";
import {
  type createMessages,
  type Derived,
  type events,
  isDerived,
  MAX_CONTEXT_METRICS,
  MAX_METRICS,
  type PostedUpdate,
} from "./schema.ts";

/** The kinds of entries in the log. */
export type MetricEntries = { metric: PostedUpdate };

/** The room of a metric's subscribers, in the room of the context. No other room has a space in its name. */
const subscribersOf = (room: string, metric: string): string => `${room} metric ${metric}`;
const subscription = /^(\S+) metric (\S+)$/;

export const applies = {
  /** The metric is stored as an event only for the sake of its id: nobody reads the event again. */
  metric(entry: Entry<PostedUpdate>, { offset, state }: Place<unknown>): Decision {
    const { room, time, clientId, body } = entry;
    const context = contextState(state);
    const { metric, value, timestamp = iso(time) } = body;
    const data = { metric, value, timestamp };
    const publish = { kind: "metric_update", room: subscribersOf(room, metric), data };
    if (clientId === null) return { publish, rows: [context.update(data)] };
    const { rows, time: storedAt } = context.timeline.stored(time, offset);
    return {
      events: [{ kind: "metric_update", silent: true, time: storedAt, data }],
      publish,
      rows: [...rows, context.update(data)],
    };
  },
};

export const repeats = {
  metric: ({ body }: Entry<PostedUpdate>, stored: StoredEvent): boolean =>
    stored.kind === "metric_update" && isWithin(body, JSON.parse(stored.body)),
};

type Ctx = Context<typeof events, MetricEntries, State>;
type Message = z.output<ReturnType<typeof createMessages>["subscribe"]>;

/** Analytics: metrics that backends post to a context, and metrics that the server derives. */
export function createAnalytics(
  services: Pick<
    Services<typeof events, MetricEntries>,
    "clock" | "history" | "members" | "state" | "systemSender"
  >,
  present: Pick<Roster<Visit>, "of">,
) {
  const { clock, history, members, state, systemSender } = services;
  const activity = new Activity(history);

  /**
   * The share of the context's members who are connected now. Where no backend has named members, everybody
   * who has ever been in the context counts as a member.
   */
  function engagement(room: string): number {
    const users = Array.from(present.of(room), ([userId]) => userId);
    const named = members.memberCount(room);
    if (named > 0) return users.filter((userId) => members.isMember(room, userId)).length / named;
    const { seen } = contextState(state(room));
    const all = seen.size + users.filter((userId) => !seen.has(userId)).length;
    return all === 0 ? 0 : users.length / all;
  }

  const derived: Readonly<Record<Derived, (room: string) => number>> = {
    activity: (room) => activity.count(room, clock.now()),
    engagement,
  };
  const gauges = new Gauges({
    clock,
    value(key) {
      const [, room = "", metric = ""] = subscription.exec(key) ?? [];
      return isDerived(metric) ? derived[metric](room) : 0;
    },
    changesAt(key) {
      const [, room = "", metric] = subscription.exec(key) ?? [];
      return metric === "activity" ? activity.changesAt(room) : undefined;
    },
    tell(key, value) {
      const [, , metric = ""] = subscription.exec(key) ?? [];
      systemSender.relayLocal(key, "metric_update", { metric, value, timestamp: iso(clock.now()) });
    },
  });

  function derive(room: string, metric: Derived): number {
    if (metric === "activity") activity.watch(room, clock.now());
    return gauges.watch(subscribersOf(room, metric));
  }

  const handlers = {
    /** Answers each metric in order among its updates. A metric without a value yet is answered with null. */
    subscribe(ctx: Ctx, message: Message): void {
      const room = contextRoom(ctx.state);
      const { metrics } = ctx.state;
      const all = new Set([...metrics, ...message.metrics]);
      if (all.size > MAX_METRICS) throw tooMany();
      const { ref: clientId } = ctx;
      for (const metric of new Set(message.metrics)) {
        if (!metrics.has(metric)) ctx.undo(() => metrics.delete(metric));
        metrics.add(metric);
        const greet = () => {
          if (ctx.state.room === undefined) return [];
          const time = ctx.now();
          const now = isDerived(metric) ? derive(room, metric) : null;
          const said = contextState(state(room)).metrics.get(metric);
          const update = said ?? { metric, value: now, timestamp: iso(time) };
          return [encode("metric_update", JSON.stringify(update), { time, clientId })];
        };
        ctx.join(subscribersOf(room, metric), greet);
      }
    },

    unsubscribe(ctx: Ctx, message: Message): void {
      const room = contextRoom(ctx.state);
      const { metrics } = ctx.state;
      for (const metric of message.metrics) {
        if (metrics.delete(metric)) ctx.undo(() => metrics.add(metric));
        ctx.leave(subscribersOf(room, metric));
      }
    },
  };

  return {
    handlers,
    /**
     * Prepares an update that a backend posts. Throws a `Refusal` for a metric too many. Removes markup, so
     * that no recipient gets a tag.
     */
    prepare(update: PostedUpdate, room: string): PostedUpdate {
      const { metric, value } = update;
      const known = contextState(state(room)).metrics;
      if (value !== null && known.size >= MAX_CONTEXT_METRICS && !known.has(metric)) throw tooManyInContext();
      return typeof value === "string" ? { ...update, value: cleanText(value) } : update;
    },
    onStored(event: StoredEvent): void {
      if (event.kind !== "message") return;
      activity.add(event);
      gauges.changed(subscribersOf(event.room, "activity"));
    },
    /** The context was removed, with its messages and the values that backends have posted. */
    onRoomDeleted(room: string): void {
      activity.clear(room);
      gauges.changed(subscribersOf(room, "activity"));
    },
    /** Called for each connection that is still in the removed context. */
    onRoomRemoved(ctx: Ctx, room: string): void {
      if (room !== ctx.state.room) return;
      for (const metric of ctx.state.metrics) {
        if (!isDerived(metric))
          ctx.reply("metric_update", { metric, value: null, timestamp: iso(ctx.now()) });
      }
    },
    /** The users or the members of the context have changed. */
    usersChanged: (room: string): void => gauges.changed(subscribersOf(room, "engagement")),
    /** Nobody is in the room any more. The room may be that of a metric's subscribers. */
    onRoomEmptied(room: string): void {
      gauges.drop(room);
      const [, context, metric] = subscription.exec(room) ?? [];
      if (context !== undefined && metric === "activity") activity.drop(context);
    },
    stop: (): void => gauges.stop(),
  };
}

const tooMany = () =>
  wrong("metrics", `must be at most ${MAX_METRICS} together with the earlier subscriptions`);
const tooManyInContext = () =>
  wrong(
    "metric",
    `must be one of at most ${MAX_CONTEXT_METRICS} metrics of its context; a value of null removes a metric`,
  );
