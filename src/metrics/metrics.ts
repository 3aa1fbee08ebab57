import packageJson from "../../package.json" with { type: "json" };
import type { TurnTimes } from "../core/log/turn-times.ts";
import type { Rooms } from "../core/outbound/rooms.ts";
import { OTHER_CODE, type Traffic } from "../core/outbound/traffic.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import type { Reason } from "../core/protocol/refusal.ts";
import { allOf, kindOf } from "../core/protocol/room-name.ts";
import type { CountedAgent } from "./agent.ts";
import { type ClusterCounts, exposeCluster } from "./cluster.ts";
import { Exposition, type Labels } from "./exposition.ts";
import { type Recently, watchLastMinute } from "./last-minute.ts";
import { exposeLog, type LogCounts } from "./log.ts";
import { watchLoopDelay } from "./loop-delay.ts";
import { exposeProcess } from "./process.ts";
import type { RecentErrors } from "./recent-errors.ts";

export interface MetricsParts {
  readonly clock: Clock;
  readonly traffic: ReadonlyMap<AnyProtocol, Traffic>;
  readonly times: TurnTimes;
  readonly rooms: Pick<Rooms, "names">;
  readonly agent: CountedAgent;
  readonly errors: RecentErrors;
  /** WebSocket upgrades that were refused, by HTTP status. */
  readonly refusedUpgrades: ReadonlyMap<number, number>;
  /** Of the log, that could not be written. */
  lostLogLines(): number;
  /** Bytes. */
  storeSize(): { readonly database: number; readonly wal: number };
  ready(): boolean;
  readonly logId: string;
  /** Of what was applied. */
  log(): { readonly position: number; readonly hash: string };
  /** Undefined where the log is this process's own. */
  sharedLog(): LogCounts | undefined;
  /** Undefined where one server is alone. */
  cluster(): ClusterCounts | undefined;
  webhooks(): Iterable<{
    readonly row: { readonly name: string };
    readonly lag: { readonly events: number; readonly seconds: number };
    readonly outcomes: Readonly<Record<string, number>>;
  }>;
}

/** ConnectionMetrics of diet-game.md, Monitoring. */
export interface ConnectionMetrics extends Recently {
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

/** Refusals that answer no message: they end a connection. */
const ENDINGS: ReadonlySet<string> = new Set<Reason>([
  ...(["auth_timeout", "session_expired", "too_many_connections"] as const),
  ...(["backpressure", "heartbeat_timeout", "server_restart"] as const),
]);
const SAMPLE_FLUSH_MS = 100;
/** Hex digits of a hash. A number of more would not be exact. */
const SHOWN_DIGITS = 12;

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
    refused: sum(({ refused }) =>
      Object.entries(refused).reduce((total, [reason, n]) => total + (ENDINGS.has(reason) ? 0 : n), 0),
    ),
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
      exposeRest(exposition, parts);
      exposeWebhooks(exposition, [...parts.webhooks()]);
      const sharedLog = parts.sharedLog();
      if (sharedLog) exposeLog(exposition, sharedLog);
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

function exposeConnections(exposition: Exposition, { traffic, refusedUpgrades }: MetricsParts): void {
  const each = (value: (traffic: Traffic) => number): [Labels, number][] =>
    [...traffic].map(([{ name }, one]) => [{ protocol: name }, value(one)]);
  /** One value for each protocol and key of a counter. */
  const keyed = (label: string, of: (traffic: Traffic) => Iterable<[string | number, number]>) =>
    [...traffic].flatMap(([{ name }, one]) =>
      [...of(one)].map(([key, value]): [Labels, number] => [{ protocol: name, [label]: String(key) }, value]),
    );
  exposition.gauge(
    "switchboard_connections",
    "Open connections.",
    each(({ open }) => open),
  );
  exposition.counter(
    "switchboard_connections_accepted_total",
    "Connections that clients have opened.",
    each(({ opened }) => opened),
  );
  exposition.counter(
    "switchboard_connections_closed_total",
    "Connections that have ended, by close code; codes that peers chose are 'other'.",
    keyed("code", ({ closed }) =>
      [...closed].map(([code, count]) => [code === OTHER_CODE ? "other" : code, count]),
    ),
  );
  exposition.counter(
    "switchboard_upgrades_refused_total",
    "WebSocket upgrades that the server refused, by HTTP status.",
    [...refusedUpgrades].map(([status, count]) => [{ status: String(status) }, count]),
  );
  exposition.counter(
    "switchboard_backpressure_closes_total",
    "Connections that the server closed because their peers read too slowly.",
    each(({ backpressure }) => backpressure),
  );
  exposition.counter(
    "switchboard_messages_received_total",
    "Messages from clients, valid or not.",
    each(({ received }) => received),
  );
  exposition.counter(
    "switchboard_messages_sent_total",
    "Frames handed to sockets. A published frame counts once for each connection that gets it. " +
      "Announcements to connections that have not joined a room are left out.",
    each(({ sent }) => sent),
  );
  exposition.counter(
    "switchboard_refusals_total",
    "Refusals sent to clients, by reason.",
    keyed("reason", ({ refused }) => Object.entries(refused)),
  );
}

function exposeTurns(exposition: Exposition, { entries, commit, turn, flush }: TurnTimes): void {
  exposition.histogram("switchboard_turn_entries", "Entries of each committed turn.", entries);
  exposition.histogram(
    "switchboard_turn_commit_seconds",
    "Time to apply and commit the entries of a turn.",
    commit,
  );
  exposition.histogram(
    "switchboard_turn_seconds",
    "Time from handling a turn's first message until its frames and confirmations were handed to sockets.",
    turn,
  );
  exposition.histogram(
    "switchboard_publish_flush_seconds",
    "For one turn in 100 ms: time from its first publish until the event loop had written what the sockets accepted. " +
      "It does not show when a peer received it.",
    flush,
  );
}

function exposeRest(exposition: Exposition, parts: MetricsParts): void {
  const { agent, errors, rooms, traffic } = parts;
  const kinds = new Map([...traffic.keys()].flatMap(({ roomKinds }) => roomKinds).map((kind) => [kind, 0]));
  for (const name of rooms.names) {
    const kind = kindOf(name);
    const count = kinds.get(kind);
    // Rooms of a protocol's or the core's own, and the rooms of those who are in all rooms of a kind, are not
    // rooms to operators.
    if (count === undefined || name === allOf(kind) || name.includes(" ")) continue;
    kinds.set(kind, count + 1);
  }
  exposition.gauge(
    "switchboard_rooms",
    "Rooms with at least one connection, by kind.",
    [...kinds].map(([kind, count]) => [{ kind }, count]),
  );
  exposition.counter("switchboard_agent_calls_total", "Questions sent to the agent.", agent.calls);
  exposition.counter(
    "switchboard_agent_failures_total",
    "Questions that the agent failed to answer.",
    agent.failures,
  );
  exposition.histogram(
    "switchboard_agent_duration_seconds",
    "Time until the agent answered or failed.",
    agent.duration,
  );
  const { database, wal } = parts.storeSize();
  exposition.gauge("switchboard_store_size_bytes", "Size of the store's files.", [
    [{ file: "database" }, database],
    [{ file: "wal" }, wal],
  ]);
  exposition.gauge("switchboard_ready", "1 when /health/ready reports ready, else 0.", parts.ready() ? 1 : 0);
  const { position, hash } = parts.log();
  exposition.gauge("switchboard_log_position", "Batches of the log that were applied.", position);
  exposition.gauge(
    "switchboard_log_hash",
    "Hash of all applied events. Servers of one log that differ in it at the same position have diverged.",
    Number.parseInt(hash.slice(0, SHOWN_DIGITS), 16),
  );
  exposition.gauge("switchboard_log_info", "Always 1; the label is the id of the log in the database.", [
    [{ log: parts.logId }, 1],
  ]);
  exposition.counter("switchboard_errors_total", "Errors that the server logged.", errors.total);
  exposition.counter(
    "switchboard_log_lines_lost_total",
    "Lines of the log that could not be written.",
    parts.lostLogLines(),
  );
  exposition.gauge("switchboard_build_info", "Always 1; the labels name the running version.", [
    [{ version: packageJson.version, bun: Bun.version }, 1],
  ]);
}

type WebhookCounts = ReturnType<MetricsParts["webhooks"]> extends Iterable<infer Webhook> ? Webhook : never;

function exposeWebhooks(exposition: Exposition, webhooks: readonly WebhookCounts[]): void {
  exposition.gauge(
    "switchboard_webhook_lag_events",
    "Events of the log that a webhook has not reached yet, also those that its filter leaves out.",
    webhooks.map(({ row, lag }): [Labels, number] => [{ webhook: row.name }, lag.events]),
  );
  exposition.gauge(
    "switchboard_webhook_lag_seconds",
    "How old the oldest event is that a webhook is waiting to deliver.",
    webhooks.map(({ row, lag }): [Labels, number] => [{ webhook: row.name }, lag.seconds]),
  );
  exposition.counter(
    "switchboard_webhook_deliveries_total",
    "Requests to the receiver of a webhook, by outcome.",
    webhooks.flatMap(({ row, outcomes }) =>
      Object.entries(outcomes).map(([outcome, count]): [Labels, number] => [
        { webhook: row.name, outcome },
        count,
      ]),
    ),
  );
}
