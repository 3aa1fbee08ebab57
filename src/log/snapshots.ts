import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type ObjectStore, Objm } from "@nats-io/obj";
import type { NatsConnection } from "@nats-io/transport-node";
import { ABANDONED_MS, removeAbandoned } from "./abandoned-copies.ts";
import type { LogConfig } from "./connection.ts";
import { type StoredObject, StoredObjects } from "./stored-objects.ts";

/** How many are kept. What is in no snapshot is never purged from the log. */
const KEPT = 2;
const REQUEST_MS = 5_000;

export interface Snapshot {
  readonly name: string;
  /** The position up to which it has applied the log. */
  readonly position: number;
  readonly bytes: number;
  /** When it was made, in milliseconds since the epoch. */
  readonly madeAt: number;
}

/** Copies of the database of a node, which an empty node starts from. In the object store of the servers of the log. */
export class Snapshots {
  private constructor(
    private readonly store: ObjectStore,
    private readonly objects: StoredObjects,
    private readonly logId: string,
    private readonly clean: () => Promise<void>,
  ) {}

  static async open(
    connection: NatsConnection,
    config: LogConfig,
    logId: string,
    abandonedMs = ABANDONED_MS,
  ): Promise<Snapshots> {
    const client = jetstream(connection, { timeout: REQUEST_MS });
    const bucket = `snapshots-${config.CLUSTER}`;
    const store = await new Objm(client).create(bucket, { replicas: config.LOG_REPLICAS });
    const manager = await jetstreamManager(connection, { timeout: REQUEST_MS, checkAPI: false });
    const objects = new StoredObjects(manager, bucket);
    return new Snapshots(store, objects, logId, () => removeAbandoned(manager, objects, bucket, abandonedMs));
  }

  /** Those of this log, the newest first. */
  async all(): Promise<Snapshot[]> {
    return (await this.#stored()).map(described);
  }

  async #stored(): Promise<StoredObject[]> {
    return (await this.objects.list())
      .filter(({ metadata }) => metadata?.["log"] === this.logId)
      .sort((a, b) => positionOf(b) - positionOf(a));
  }

  /** Stores a copy of a database, and removes those that are not needed any more. Returns those that are left. */
  async save(file: string, position: number): Promise<Snapshot[]> {
    await this.clean();
    // Nothing has been applied since the last one: this would be the same again.
    if (!(await this.all()).some((one) => one.position === position)) await this.#put(file, position);
    const all = await this.all();
    for (const { name } of all.slice(KEPT)) await this.store.delete(name);
    return all.slice(0, KEPT);
  }

  async #put(file: string, position: number): Promise<void> {
    await this.store.put(
      { name: `${this.logId}-${position}`, metadata: { log: this.logId, position: String(position) } },
      Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>,
      { timeout: REQUEST_MS },
    );
  }

  /** Writes the newest snapshot into a new file. Undefined when there is none. */
  async restore(file: string): Promise<Snapshot | undefined> {
    const [newest] = await this.#stored();
    if (!newest) return undefined;
    const draft = `${file}.${process.pid}.partial`;
    const handle = await open(draft, "w", 0o600);
    try {
      for await (const part of this.objects.parts(newest)) await handle.write(part);
      await handle.sync();
      await handle.close();
      await rename(draft, file);
    } catch (error) {
      await handle.close().catch(() => {});
      await rm(draft, { force: true });
      throw error;
    }
    return described(newest);
  }
}

const positionOf = ({ metadata }: StoredObject): number => Number(metadata?.["position"]);

const described = (stored: StoredObject): Snapshot => ({
  ...{ name: stored.name, bytes: stored.size, position: positionOf(stored) },
  madeAt: Date.parse(stored.mtime),
});
