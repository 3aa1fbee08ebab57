import type { Exposition, Labels } from "./exposition.ts";

/** Of several nodes, as this one sees them. */
export interface ClusterCounts {
  /** Nodes that are alive, this one among them. */
  readonly nodes: number;
  /** Others have set otherwise what decides who gets in. */
  readonly settingsDiffer: boolean;
  readonly rosterEntries: number;
  readonly relays: { readonly sent: number; readonly received: number; readonly dropped: number };
  /** By name, whether this node holds the lease. */
  readonly leases: readonly (readonly [string, boolean])[];
}

export function exposeCluster(
  exposition: Exposition,
  { nodes, settingsDiffer, rosterEntries, relays, leases }: ClusterCounts,
) {
  exposition.gauge(
    "switchboard_cluster_nodes",
    "Nodes that this node knows to be alive, itself among them.",
    nodes,
  );
  exposition.gauge(
    "switchboard_cluster_settings_differ",
    "1 where another node has other secrets, keys, issuer or audience than this one, else 0.",
    settingsDiffer ? 1 : 0,
  );
  exposition.gauge(
    "switchboard_cluster_roster_entries",
    "What the connections of all nodes say of themselves: who is connected, in a session, watches a stream.",
    rosterEntries,
  );
  exposition.counter(
    "switchboard_cluster_relays_total",
    "Frames that no log holds, such as typing: sent to the other nodes, and received from them for rooms with connections here.",
    (["sent", "received"] as const).map((direction): [Labels, number] => [{ direction }, relays[direction]]),
  );
  exposition.counter(
    "switchboard_cluster_relays_dropped_total",
    "Such frames that were not sent, because this node was cut off, or not kept, because too many waited for the log.",
    relays.dropped,
  );
  exposition.gauge(
    "switchboard_cluster_lease_held",
    "1 while this node does the work of the lease for all nodes, else 0.",
    leases.map(([lease, isHeld]): [Labels, number] => [{ lease }, isHeld ? 1 : 0]),
  );
}
