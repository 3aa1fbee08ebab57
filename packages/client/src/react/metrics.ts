import { useEffect } from "react";
import type { AtomicOptions } from "../atomic.ts";
import { type AnalyticsEvents, AnalyticsWebSocketClient, NotSent } from "../index.ts";
import { type Connected, NOT_CONNECTED, type Session, useSession } from "./session.ts";
import { asError, Store } from "./store.ts";

export type MetricValue = AnalyticsEvents["metric_update"]["data"]["value"];

export interface MetricsOptions extends AtomicOptions {
  readonly metrics: readonly string[];
}

export interface MetricsState extends Connected {
  /** By metric; null: there is none yet. */
  readonly values: Readonly<Record<string, MetricValue>>;
  /** When the latest one changed, ISO 8601. */
  readonly updatedAt: string | undefined;
}

export interface MetricsActions {
  readonly client: AnalyticsWebSocketClient;
  /** Hears of these too. */
  subscribe(metrics: readonly string[]): void;
  unsubscribe(metrics: readonly string[]): void;
}

/** Contract atomic-guide: live figures of a context. */
export function useMetrics({ metrics, ...options }: MetricsOptions): MetricsState & MetricsActions {
  const { url, userId, contextId } = options;
  const key = JSON.stringify([url, userId, contextId]);
  const hook = useSession(key, options.token, (token) => createMetrics({ ...options, token }));
  const { subscribe, unsubscribe } = hook;
  const wanted = JSON.stringify([...metrics].sort());
  useEffect(() => {
    const names: string[] = JSON.parse(wanted);
    subscribe(names);
    return () => unsubscribe(names);
  }, [wanted, subscribe, unsubscribe]);
  return hook;
}

function createMetrics(options: AtomicOptions): Session<MetricsState, MetricsActions> {
  const client = new AnalyticsWebSocketClient(options);
  const store = new Store<MetricsState>({ ...NOT_CONNECTED, values: {}, updatedAt: undefined });
  client.subscribe("metric_update", ({ data: { metric, value, timestamp } }) =>
    store.set((state) => ({ ...state, values: { ...state.values, [metric]: value }, updatedAt: timestamp })),
  );
  const wanted = new Set<string>();
  /** Asked for while the connection was given up: the client does not ask for them again. */
  const missed = new Set<string>();
  const send = (type: "subscribe" | "unsubscribe", metrics: readonly string[]): void => {
    if (metrics.length === 0) return;
    for (const metric of metrics) wanted[type === "subscribe" ? "add" : "delete"](metric);
    client.send({ type, data: { metrics: [...metrics] } }).catch((error: unknown) => {
      if (error instanceof NotSent) for (const metric of metrics) missed.add(metric);
      store.set((state) => ({ ...state, error: asError(error) }));
    });
  };
  client.onConnectionEvent(({ type }) => {
    if (type !== "connected") return;
    const again = [...missed].filter((metric) => wanted.has(metric));
    missed.clear();
    send("subscribe", again);
  });
  return {
    ...{ client, store },
    actions: {
      client,
      subscribe: (metrics) => send("subscribe", metrics),
      unsubscribe: (metrics) => send("unsubscribe", metrics),
    },
  };
}
