import { JetStreamApiError, jetstream, jetstreamManager } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import type { LogConfig } from "./connection.ts";

const REQUEST_MS = 2_000;
const RETRY_MS = 500;

/**
 * Rows that outlive the node that works with them. Only the node that loaded them last can write them: a write of an
 * earlier one is refused, and its `lost` is called.
 */
export class SharedRows<Row extends { readonly name: string }> {
  readonly #revisions = new Map<string, number>();
  /** Writes that no server has answered: they may have happened or not. */
  readonly #attempted = new Map<string, string | null>();
  /** What is to be written, by name; null: the row goes. */
  readonly #pending = new Map<string, string | null>();
  #writing: Promise<void> | undefined;
  #bucket: KV | undefined;
  /** Counts the times that rows were loaded: what an earlier time has left to write is dropped. */
  #term = 0;

  constructor(
    private readonly connection: NatsConnection,
    private readonly config: LogConfig,
    private readonly kind: string,
    /** Another node has written the rows since they were loaded here. */
    private readonly lost: () => void,
  ) {}

  /** Takes the rows over: from now on no other node that has loaded them can write them. */
  async load(): Promise<Row[]> {
    const term = ++this.#term;
    this.#pending.clear();
    await this.#writing;
    this.#revisions.clear();
    this.#attempted.clear();
    const bucket = await this.#open();
    const rows: Row[] = [];
    for (const name of await this.#names()) {
      for (;;) {
        const entry = await bucket.get(name);
        if (entry?.operation !== "PUT") break;
        const text = entry.string();
        const revision = await bucket.update(name, text, entry.revision).catch(ignoreConflict);
        // The node that had loaded them before has written just now.
        if (revision === undefined) continue;
        if (term !== this.#term) return [];
        this.#revisions.set(name, revision);
        rows.push(JSON.parse(text) as Row);
        break;
      }
    }
    return rows;
  }

  /** Also of rows that were removed. Not `keys()` of the bucket: it makes a consumer, and waits for it without end. */
  async #names(): Promise<string[]> {
    const manager = await jetstreamManager(this.connection, { timeout: REQUEST_MS, checkAPI: false });
    const prefix = `$KV.${this.#name}.`;
    const { state } = await manager.streams.info(`KV_${this.#name}`, { subjects_filter: `${prefix}>` });
    return Object.keys(state.subjects ?? {})
      .map((subject) => subject.slice(prefix.length))
      .toSorted();
  }

  /** Keeps a row that no node has loaded, unless there is one of its name. */
  async add(row: Row): Promise<void> {
    await (await this.#open()).create(row.name, JSON.stringify(row)).catch(ignoreConflict);
  }

  /** Soon: of several states of a row the last one is written. */
  save(row: Row): void {
    this.#pending.set(row.name, JSON.stringify(row));
    this.#writing ??= this.#write();
  }

  remove(name: string): void {
    this.#pending.set(name, null);
    this.#writing ??= this.#write();
  }

  /** Writes nothing more until the rows are loaded again. */
  release(): void {
    this.#term++;
    this.#pending.clear();
  }

  /** Resolves when all is written, to false where it is not in time. */
  flushed(timeoutMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), timeoutMs);
    void Promise.resolve(this.#writing).then(() => {
      clearTimeout(timer);
      resolve(true);
    });
    return promise;
  }

  async #write(): Promise<void> {
    for (let next = first(this.#pending); next; next = first(this.#pending)) {
      const [name, text] = next;
      const term = this.#term;
      try {
        await this.#writeOne(name, text);
        if (this.#pending.get(name) === text) this.#pending.delete(name);
      } catch (error) {
        if (term !== this.#term) continue;
        if (isConflict(error)) {
          this.release();
          this.lost();
        } else await Bun.sleep(RETRY_MS);
      }
    }
    this.#writing = undefined;
  }

  async #writeOne(name: string, text: string | null): Promise<void> {
    const bucket = await this.#open();
    if (text === null && !this.#revisions.has(name)) await this.#findCreated(bucket, name);
    const revision = this.#revisions.get(name);
    try {
      if (text === null) {
        if (revision !== undefined) await bucket.delete(name, { previousSeq: revision });
        this.#revisions.delete(name);
      } else {
        const written = await (revision === undefined
          ? bucket.create(name, text)
          : bucket.update(name, text, revision));
        this.#revisions.set(name, written);
      }
    } catch (error) {
      if (!isConflict(error)) {
        this.#attempted.set(name, text);
        throw error;
      }
      // The answer to an earlier attempt may have been lost.
      const entry = await bucket.get(name);
      const kept = entry?.operation === "PUT" ? entry.string() : null;
      if (kept !== this.#attempted.get(name)) throw error;
      this.#attempted.delete(name);
      if (entry && kept !== null) this.#revisions.set(name, entry.revision);
      else this.#revisions.delete(name);
      await this.#writeOne(name, text);
    }
  }

  /** A creation that no server has answered may have happened all the same. */
  async #findCreated(bucket: KV, name: string): Promise<void> {
    const attempted = this.#attempted.get(name);
    if (attempted === undefined || attempted === null) return;
    const entry = await bucket.get(name);
    if (entry?.operation === "PUT" && entry.string() === attempted) this.#revisions.set(name, entry.revision);
  }

  get #name(): string {
    return `${this.kind}-${this.config.CLUSTER}`;
  }

  async #open(): Promise<KV> {
    const { config, connection } = this;
    this.#bucket ??= await new Kvm(jetstream(connection, { timeout: REQUEST_MS })).create(this.#name, {
      history: 1,
      replicas: config.LOG_REPLICAS,
    });
    return this.#bucket;
  }
}

const first = <K, V>(map: ReadonlyMap<K, V>): [K, V] | undefined => map.entries().next().value;

/** Of a write: the key has another revision than was expected. */
const WRONG_REVISION: ReadonlySet<number> = new Set([10071, 10164]);
const isConflict = (error: unknown): boolean =>
  error instanceof JetStreamApiError && WRONG_REVISION.has(error.code);
function ignoreConflict(error: unknown): undefined {
  if (!isConflict(error)) throw error;
}
