import { jetstreamManager } from "@nats-io/jetstream";
import { ConfigError } from "../config.ts";
import { connectToLog, type LogConfig } from "./connection.ts";
import { Snapshots } from "./snapshots.ts";
import { checkStream, findStream, makeStream, streamOf } from "./stream.ts";

const PATIENCE_MS = 5_000;

/** A log that begins after a position, with nothing in it yet. */
export interface EmptyLog {
  readonly name: string;
  readonly id: string;
  /** Stores the database at that position, which other nodes begin with. */
  keep(file: string): Promise<void>;
  close(): Promise<void>;
}

/** Makes the log, or finds the one that an interrupted attempt has made. Throws a `ConfigError` when there is another. */
export async function createLog(config: LogConfig, position: number): Promise<EmptyLog> {
  const connection = await connectToLog(config, PATIENCE_MS);
  try {
    const manager = await jetstreamManager(connection, { timeout: PATIENCE_MS, checkAPI: false });
    const name = streamOf(config);
    const found = (await findStream(manager, config)) ?? (await makeStream(manager, config, position + 1));
    const { id, last } = checkStream(found, config);
    if (found.state.messages > 0 || last !== position)
      throw new ConfigError(
        `CLUSTER: there is a log ${name} already, which ends at ${last}: choose another name, or start this node without a database`,
      );
    return {
      ...{ name, id },
      async keep(file) {
        const snapshots = await Snapshots.open(connection, config, id);
        await snapshots.save(file, position);
      },
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
