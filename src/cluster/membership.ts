import { BATCH_FORMAT } from "../core/log/log.ts";
import type { Cancel, Clock } from "../core/ports/clock.ts";
import type { Claim } from "./divergence.ts";
import type { Fingerprints } from "./settings.ts";
import { decode, encode, type Transport } from "./transport.ts";

export const HEARTBEAT_MS = 500;
/** A node that has been silent for this long is gone. */
export const SILENT_MS = 3 * HEARTBEAT_MS;
/** The newest format of batches that this version writes, once all nodes read it. */
export const WRITE_LEVEL = BATCH_FORMAT;

export interface Heartbeat {
  /** New at each start, and when the node comes back from a stall. The others keep its roster under it. */
  readonly id: string;
  readonly name: string;
  /** How many deltas of its roster it has sent. */
  readonly counter: number;
  readonly position: number;
  readonly hash: string;
  /** Its hash at the last multiple of `MARK`. */
  readonly mark?: Claim | undefined;
  readonly writeLevel: number;
  readonly draining: boolean;
  /** Of its settings; a version before them sends none. */
  readonly settings?: Fingerprints;
  /** The node leaves. */
  readonly gone?: boolean;
}

export type Peer = Omit<Heartbeat, "gone"> & { readonly heardAt: number };

export interface MembershipParts {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly subject: string;
  newId(): string;
  /** What the next heartbeat says of this node. */
  status(): Omit<Heartbeat, "id" | "gone">;
  heard(peer: Peer): void;
  /** It was not known before. */
  met(peer: Peer): void;
  /** `hasLeft`: the node has announced it; otherwise it was silent for too long. */
  gone(peer: Peer, hasLeft: boolean): void;
  /** This node has another id from now on. */
  renamed(): void;
}

/** Which other nodes are alive, by their heartbeats. */
export class Membership {
  readonly #peers = new Map<string, Peer>();
  #id: string;
  #cancel: Cancel | undefined;
  #unsubscribe = () => {};
  #tickedAt: number;
  /** When this node last got a heartbeat of its own. While it gets none, it is cut off itself. */
  #selfHeardAt: number;

  constructor(private readonly parts: MembershipParts) {
    this.#id = parts.newId();
    this.#tickedAt = this.#selfHeardAt = parts.clock.monotonic();
  }

  /** The id of this node. */
  get id(): string {
    return this.#id;
  }

  /** The other nodes that are alive, without a copy. */
  alive(): Iterable<Peer> {
    return this.#peers.values();
  }

  get peers(): readonly Peer[] {
    return [...this.#peers.values()];
  }

  start(): void {
    const { clock, subject, transport } = this.parts;
    this.#unsubscribe = transport.subscribe(subject, (bytes) => this.#heard(decode(bytes)));
    this.#tickedAt = this.#selfHeardAt = clock.monotonic();
    this.#cancel = clock.every(HEARTBEAT_MS, () => this.#tick());
    this.#publish(false);
  }

  stop(): void {
    this.#cancel?.();
    this.#publish(true);
    this.#unsubscribe();
  }

  #publish(gone: boolean): void {
    const { status, subject, transport } = this.parts;
    if (!transport.isConnected) return;
    const { id } = this;
    transport.publish(subject, encode({ id, ...status(), ...(gone && { gone }) } satisfies Heartbeat));
  }

  #tick(): void {
    const now = this.parts.clock.monotonic();
    const late = now - this.#tickedAt;
    this.#tickedAt = now;
    if (late >= SILENT_MS) this.#rejoin(now);
    else this.#removeSilent(now);
    this.#publish(false);
  }

  /** The others take this node for dead by now. Their heartbeats wait to be read, so none of them is taken for dead. */
  #rejoin(now: number): void {
    this.#selfHeardAt = now;
    for (const [id, peer] of this.#peers) this.#peers.set(id, { ...peer, heardAt: now });
    this.#publish(true);
    this.#id = this.parts.newId();
    this.parts.renamed();
  }

  #removeSilent(now: number): void {
    if (now - this.#selfHeardAt > 2 * HEARTBEAT_MS) return;
    for (const peer of this.#peers.values()) if (now - peer.heardAt >= SILENT_MS) this.#remove(peer, false);
  }

  #remove(peer: Peer, hasLeft: boolean): void {
    this.#peers.delete(peer.id);
    this.parts.gone(peer, hasLeft);
  }

  #heard({ gone, ...heartbeat }: Heartbeat): void {
    const heardAt = this.parts.clock.monotonic();
    if (heartbeat.id === this.#id) {
      // Heartbeats that the others sent while this node was cut off are still to come.
      if (heardAt - this.#selfHeardAt > SILENT_MS)
        for (const [id, peer] of this.#peers) this.#peers.set(id, { ...peer, heardAt });
      this.#selfHeardAt = heardAt;
      return;
    }
    const known = this.#peers.get(heartbeat.id);
    if (gone) {
      if (known) this.#remove(known, true);
      return;
    }
    const peer = { ...heartbeat, heardAt };
    this.#peers.set(peer.id, peer);
    this.parts.heard(peer);
    if (known) return;
    // A new node need not wait for the next heartbeat.
    this.#publish(false);
    this.parts.met(peer);
  }
}
