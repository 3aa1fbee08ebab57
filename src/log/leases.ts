import { JetStreamApiError, jetstream } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import type { LogConfig } from "./connection.ts";

/** A lease that its holder has not renewed for this long is free. */
const TTL_MS = 5_000;
/** As parts of this time: how often a lease is renewed, and when a holder that cannot renew it stops its work. */
const RENEW = 0.3;
const GIVE_UP = 0.8;
const REQUEST_MS = 1_000;

/** Work that one node does for all. `start` is called when this node holds the lease, `stop` when it has lost it. */
export interface LeasedWork {
  /** `term`: higher than that of every node that held it before, also on servers that were lost meanwhile. */
  start(term: number): void;
  stop(): void;
}

/**
 * Leases of a cluster: keys that go away when their holder does not renew them. One node holds each at a time, as
 * long as the clocks of all run at about the same speed; a holder that was stopped may believe in it for a moment.
 */
export class Leases {
  readonly #running: Lease[] = [];
  #bucket: Bucket | undefined;

  constructor(
    private readonly connection: NatsConnection,
    private readonly config: LogConfig,
    private readonly ttlMs = TTL_MS,
    /** While this is false, the node takes no lease, and gives back those that it holds. */
    private readonly mayHold = () => true,
  ) {}

  /** Made when there is none. Rejects while no server answers. */
  readonly #open = async (): Promise<Bucket> => {
    if (this.#bucket) return this.#bucket;
    const keys = await new Kvm(jetstream(this.connection, { timeout: REQUEST_MS })).create(
      bucketOf(this.config),
      // `markerTTL` lets keys go away by themselves.
      { history: 1, replicas: this.config.LOG_REPLICAS, markerTTL: this.ttlMs },
    );
    const { streamInfo } = await keys.status();
    this.#bucket = { keys, madeAt: Date.parse(streamInfo.created) };
    return this.#bucket;
  };

  /** Tries to hold a lease from now on, and does its work while it does. */
  hold(name: string, work: LeasedWork): Lease {
    const { config, connection, mayHold, ttlMs } = this;
    const lease = new Lease({ open: this.#open, config, connection, name, ttlMs, mayHold, work });
    this.#running.push(lease);
    return lease;
  }

  /** Each lease by its name, and whether this node holds it. */
  get held(): readonly [string, boolean][] {
    return this.#running.map(({ name, isHeld }) => [name, isHeld]);
  }

  /** Gives back what this node holds, so that another need not wait. */
  async stop(): Promise<void> {
    await Promise.all(this.#running.map((lease) => lease.stop()));
  }
}

interface Bucket {
  readonly keys: KV;
  /** In milliseconds since the epoch. */
  readonly madeAt: number;
}

const bucketOf = ({ CLUSTER }: LogConfig): string => `leases-${CLUSTER}`;

interface LeaseParts {
  readonly config: LogConfig;
  readonly connection: NatsConnection;
  open(): Promise<Bucket>;
  readonly name: string;
  readonly ttlMs: number;
  mayHold(): boolean;
  readonly work: LeasedWork;
}

class Lease {
  /** The revision of the key while this node holds it. */
  #revision: number | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  renewals = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: LeaseParts) {
    void this.#attempt();
  }

  get #ttl(): string {
    return `${this.parts.ttlMs / 1_000}s`;
  }

  get name(): string {
    return this.parts.name;
  }

  get isHeld(): boolean {
    return this.#revision !== undefined;
  }

  async #attempt(): Promise<void> {
    const began = performance.now();
    try {
      if (!this.parts.mayHold()) await this.#giveBack();
      else if (this.#revision === undefined) await this.#acquire(began);
      else await this.#renew(this.#revision, began);
    } catch (error) {
      // Somebody else has written the key. Without an answer the deadline decides.
      if (error instanceof JetStreamApiError) this.#lost();
    }
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#attempt(), RENEW * this.parts.ttlMs);
  }

  async #acquire(began: number): Promise<void> {
    const { config, name, open } = this.parts;
    const { keys, madeAt } = await open();
    const revision = await keys.create(name, config.NODE_NAME, this.#ttl);
    if (this.#stopped) return;
    this.#holdUntil(revision, began);
    // Revisions grow by fewer than one a millisecond, so a bucket that is made later begins above an earlier one's.
    this.parts.work.start(madeAt + revision);
  }

  /** Not `kv.update`: its last argument is a time-out and no time to live. */
  async #renew(revision: number, began: number): Promise<void> {
    const { config, connection, name } = this.parts;
    const { seq } = await jetstream(connection, { timeout: REQUEST_MS }).publish(
      `$KV.${bucketOf(config)}.${name}`,
      config.NODE_NAME,
      { ttl: this.#ttl, expect: { lastSubjectSequence: revision } },
    );
    if (this.#revision !== revision) return;
    this.renewals++;
    this.#holdUntil(seq, began);
  }

  /** The server counts from when it got the request, which is later than `sent`: this node gives up first. */
  #holdUntil(revision: number, sent: number): void {
    this.#revision = revision;
    clearTimeout(this.#deadline);
    const left = Math.max(0, sent + GIVE_UP * this.parts.ttlMs - performance.now());
    this.#deadline = setTimeout(() => this.#lost(), left);
  }

  #lost(): void {
    if (!this.isHeld) return;
    this.#revision = undefined;
    clearTimeout(this.#deadline);
    this.parts.work.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#giveBack();
  }

  /** Another node need not wait until it expires. */
  async #giveBack(): Promise<void> {
    const revision = this.#revision;
    this.#lost();
    if (revision === undefined) return;
    const { name, open } = this.parts;
    await open()
      .then(({ keys }) => keys.delete(name, { previousSeq: revision }))
      // The key expires by itself.
      .catch(() => {});
  }
}
