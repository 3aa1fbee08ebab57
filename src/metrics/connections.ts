import { OTHER_CODE, type Traffic } from "../core/outbound/traffic.ts";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import type { Exposition, Labels } from "./exposition.ts";

export interface ConnectionCounts {
  readonly traffic: ReadonlyMap<AnyProtocol, Traffic>;
  /** WebSocket upgrades that were refused, by HTTP status. */
  readonly refusedUpgrades: ReadonlyMap<number, number>;
}

export function exposeConnections(
  exposition: Exposition,
  { traffic, refusedUpgrades }: ConnectionCounts,
): void {
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
