import type { Clock } from "../core/ports/clock.ts";
import { decode, encode, type Transport } from "./transport.ts";

/** A frame waits at most this long for the entries before it. */
export const HELD_MS = 1_000;
/** Frames that wait at a time. */
const MAX_HELD = 10_000;

interface Relayed {
  readonly id: string;
  /** The position up to which its node had applied the log when it sent the frame. */
  readonly position: number;
  readonly room: string;
  readonly frame: string;
}

export interface RelayParts {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly subject: string;
  /** Of this node, now. */
  id(): string;
  applied(): number;
  /** Whether a connection of this node is in the room. */
  isHeard(room: string): boolean;
  deliver(room: string, frame: string): void;
}

/** Frames that no log holds, such as typing. Each waits here until this node has applied what the sending node had. */
export class Relays {
  #held: (Relayed & { readonly until: number })[] = [];
  #unsubscribe = () => {};
  sent = 0;
  received = 0;
  /** Frames that were not sent because this node was cut off, or were the oldest when too many waited. */
  dropped = 0;

  constructor(private readonly parts: RelayParts) {}

  start(): void {
    const { subject, transport } = this.parts;
    this.#unsubscribe = transport.subscribe(subject, (bytes) => this.#heard(decode(bytes)));
  }

  stop(): void {
    this.#unsubscribe();
  }

  relay(room: string, frame: string): void {
    const { applied, id, subject, transport } = this.parts;
    if (!transport.isConnected) {
      this.dropped++;
      return;
    }
    this.sent++;
    transport.publish(subject, encode({ id: id(), position: applied(), room, frame } satisfies Relayed));
  }

  /** To be called when more of the log was applied, or time has passed. */
  release(): void {
    if (this.#held.length === 0) return;
    const applied = this.parts.applied();
    const now = this.parts.clock.monotonic();
    const due = this.#held.filter(({ position, until }) => position <= applied || until <= now);
    if (due.length === 0) return;
    this.#held = this.#held.filter(({ position, until }) => position > applied && until > now);
    for (const { room, frame } of due) this.parts.deliver(room, frame);
  }

  #heard(relayed: Relayed): void {
    const { applied, clock, deliver, id, isHeard } = this.parts;
    const { position, room, frame } = relayed;
    if (relayed.id === id() || !isHeard(room)) return;
    this.received++;
    if (position <= applied()) {
      deliver(room, frame);
      return;
    }
    if (this.#held.length >= MAX_HELD) {
      this.#held.shift();
      this.dropped++;
    }
    this.#held.push({ ...relayed, until: clock.monotonic() + HELD_MS });
    clock.after(HELD_MS, () => this.release());
  }
}
