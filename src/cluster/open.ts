import type { NatsConnection } from "@nats-io/transport-node";
import type { Config } from "../config.ts";
import { Cluster, type ClusterParts } from "./cluster.ts";
import { createNatsTransport } from "./nats.ts";
import { type ComparedSettings, fingerprintsOf } from "./settings.ts";

/** The other nodes of `CLUSTER`, over the connection of the log. */
export const openCluster = (
  connection: NatsConnection,
  config: Pick<Config, "CLUSTER" | "NODE_NAME"> & ComparedSettings,
  parts: Omit<ClusterParts, "transport" | "cluster" | "node" | "newId" | "settings">,
): Cluster =>
  new Cluster({
    ...parts,
    transport: createNatsTransport(connection),
    ...{ cluster: config.CLUSTER, node: config.NODE_NAME },
    settings: fingerprintsOf(config),
    newId: () => crypto.randomUUID(),
  });
