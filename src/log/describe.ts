import { jetstreamManager } from "@nats-io/jetstream";
import { ConfigError } from "../config.ts";
import { connectToLog, type LogConfig } from "./connection.ts";
import { checkStream, findNamed, findStream, streamOf, tooFewReplicas } from "./stream.ts";

const PATIENCE_MS = 5_000;

/** The streams in which the servers keep leases, webhooks and snapshots. */
const besideLog = ({ CLUSTER }: LogConfig): string[] => [
  `KV_leases-${CLUSTER}`,
  `KV_webhooks-${CLUSTER}`,
  `OBJ_snapshots-${CLUSTER}`,
];

/** What the log is, line by line; it makes and changes nothing. Throws a `ConfigError` when `serve` could not use it. */
export async function describeLog(config: LogConfig): Promise<string[]> {
  const connection = await connectToLog(config, PATIENCE_MS);
  try {
    const manager = await jetstreamManager(connection, { timeout: PATIENCE_MS, checkAPI: false });
    const version = connection.info?.version ?? "?";
    const name = streamOf(config);
    const stream = await findStream(manager, config).catch((error) => {
      throw new ConfigError(
        `LOG_URL: the stream ${name} cannot be looked up (${error instanceof Error ? error.message : error})`,
      );
    });
    if (!stream)
      return [
        `nats-server ${version}: serve will make the stream ${name} with ${config.LOG_REPLICAS} replicas`,
      ];
    const { first, last } = checkStream(stream, config);
    const { max_bytes: size, num_replicas: replicas } = stream.config;
    const held = last < Math.max(first, 1) ? "is empty" : `holds positions ${first} to ${last}`;
    const lines = [`nats-server ${version}: ${name} ${held}, ${replicas} replicas`];
    if (size !== config.LOG_MAX_BYTES)
      lines.push(
        `LOG_MAX_BYTES is ${config.LOG_MAX_BYTES}, and ${name} was made with ${size}: ` +
          `\`nats stream edit ${name} --max-bytes ${config.LOG_MAX_BYTES}\` changes it`,
      );
    for (const beside of besideLog(config)) {
      const found = (await findNamed(manager, beside))?.config.num_replicas ?? config.LOG_REPLICAS;
      if (found < config.LOG_REPLICAS) lines.push(tooFewReplicas(beside, found, config));
    }
    return lines;
  } finally {
    await connection.close();
  }
}
