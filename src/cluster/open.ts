import type { NatsConnection } from "@nats-io/transport-node";
import type { Config } from "../config.ts";
import { Cluster, type ClusterParts } from "./cluster.ts";
import { createNatsTransport } from "./nats.ts";

/** The other nodes of `CLUSTER`, over the connection of the log. */
export const openCluster = (
  connection: NatsConnection,
  { CLUSTER, NODE_NAME }: Pick<Config, "CLUSTER" | "NODE_NAME">,
  parts: Omit<ClusterParts, "transport" | "cluster" | "node" | "newId">,
): Cluster =>
  new Cluster({
    ...parts,
    transport: createNatsTransport(connection),
    ...{ cluster: CLUSTER, node: NODE_NAME },
    newId: () => crypto.randomUUID(),
  });
