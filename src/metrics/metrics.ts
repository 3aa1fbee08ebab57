import packageJson from "../../package.json" with { type: "json" };
import type { TurnTimes } from "../core/log/turn-times.ts";
import type { Rooms } from "../core/outbound/rooms.ts";
import type { Traffic } from "../core/outbound/traffic.ts";
import type { Clock } from "../core/ports/clock.ts";
import { type CountedAgent, exposeAgent } from "./agent.ts";
import { type ClusterCounts, exposeCluster } from "./cluster.ts";
import { type ConnectionCounts, exposeConnections } from "./connections.ts";
import { Exposition } from "./exposition.ts";
import { type LastMinute, watchLastMinute } from "./last-minute.ts";
import { exposeLog, type LogCounts } from "./log.ts";
import { watchLoopDelay } from "./loop-delay.ts";
import { exposeProcess } from "./process.ts";
import type { RecentErrors } from "./recent-errors.ts";
import { exposeRooms } from "./rooms.ts";
import { exposeStore, type StoreCounts } from "./store.ts";
import { exposeTurns } from "./turns.ts";
import { exposeWebhooks, type WebhookCounts } from "./webhooks.ts";

export interface MetricsParts extends ConnectionCounts, StoreCounts {
  readonly clock: Clock;
  readonly times: TurnTimes;
  readonly rooms: Pick<Rooms, "names">;
  readonly agent: CountedAgent;
  readonly errors: RecentErrors;
  /** Lines of the server's own log that could not be written. */
  lostLogLines(): number;
  ready(): boolean;
  /** Undefined where the log is this process's own. */
  sharedLog(): LogCounts | undefined;
  /** Undefined where one server is alone. */
  cluster(): ClusterCounts | undefined;
  webhooks(): Iterable<WebhookCounts>;
}

/** ConnectionMetrics of diet-game.md, Monitoring. */
export interface ConnectionMetrics extends LastMinute {
  readonly activeConnections: number;
  /** Since the start. */
  readonly totalConnections: number;
  /** Seconds. */
  readonly uptime: number;
}

export interface Metrics {
  /** In the text format of Prometheus. */
  exposition(): string;
  summary(): ConnectionMetrics;
}

const SAMPLE_FLUSH_MS = 100;

/** Reads the core's counters when a client asks. */
export function createMetrics(parts: MetricsParts): Metrics {
  const { clock, times } = parts;
  const startedAt = clock.monotonic();
  const loopDelay = watchLoopDelay(clock);
  clock.every(SAMPLE_FLUSH_MS, () => {
    times.sampleFlush = true;
  });
  const all = [...parts.traffic.values()];
  const sum = (count: (traffic: Traffic) => number) => all.reduce((total, one) => total + count(one), 0);
  const lastMinute = watchLastMinute(clock, () => ({
    received: sum(({ received }) => received),
    refused: sum(({ errors }) => errors),
    turns: times.turn.count,
    turnSeconds: times.turn.sum,
  }));

  return {
    exposition() {
      const exposition = new Exposition();
      exposeConnections(exposition, parts);
      exposeTurns(exposition, times);
      exposition.histogram(
        "switchboard_event_loop_delay_seconds",
        "How late a timer of 50 ms ran: the time for which something held up the event loop.",
        loopDelay,
      );
      exposeRooms(exposition, parts.traffic.keys(), parts.rooms.names);
      exposeAgent(exposition, parts.agent);
      exposeStore(exposition, parts);
      exposeServer(exposition, parts);
      exposeWebhooks(exposition, [...parts.webhooks()]);
      const sharedLog = parts.sharedLog();
      if (sharedLog) exposeLog(exposition, sharedLog, times.commit);
      const cluster = parts.cluster();
      if (cluster) exposeCluster(exposition, cluster);
      exposeProcess(exposition);
      return exposition.text;
    },
    summary: () => ({
      activeConnections: sum(({ open }) => open),
      totalConnections: sum(({ opened }) => opened),
      ...lastMinute(),
      uptime: (clock.monotonic() - startedAt) / 1_000,
    }),
  };
}

function exposeServer(exposition: Exposition, { errors, lostLogLines, ready }: MetricsParts): void {
  exposition.gauge("switchboard_ready", "1 when /health/ready reports ready, else 0.", ready() ? 1 : 0);
  exposition.counter("switchboard_errors_total", "Errors that the server logged.", errors.total);
  exposition.counter(
    "switchboard_log_lines_lost_total",
    "Lines of the log that could not be written.",
    lostLogLines(),
  );
  exposition.gauge("switchboard_build_info", "Always 1; the labels name the running version.", [
    [{ version: packageJson.version, bun: Bun.version }, 1],
  ]);
}
