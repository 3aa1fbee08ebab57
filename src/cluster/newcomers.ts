import type { Cancel, Clock } from "../core/ports/clock.ts";
import { HEARTBEAT_MS, SILENT_MS } from "./membership.ts";
import { Recent } from "./recent.ts";
import { decode, encode, type Transport } from "./transport.ts";

interface Progress {
  readonly id: string;
  readonly position: number;
  readonly writeLevel: number;
}

export interface NewcomersParts {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly subject: string;
  newId(): string;
  applied(): number;
  readonly writeLevel: number;
  heard(id: string, writeLevel: number): void;
}

/** Nodes that catch up with the log before they join the others: what they still have to read must not be purged. */
export class Newcomers {
  readonly #recent: Recent<number>;
  #unsubscribe = () => {};

  constructor(private readonly parts: NewcomersParts) {
    this.#recent = new Recent(parts.clock, SILENT_MS);
  }

  /** This node catches up. Call what it returns once it has joined the others. */
  announce(): Cancel {
    const { applied, clock, newId, subject, transport, writeLevel } = this.parts;
    const id = newId();
    const publish = () => {
      if (transport.isConnected)
        transport.publish(subject, encode({ id, position: applied(), writeLevel } satisfies Progress));
    };
    publish();
    return clock.every(HEARTBEAT_MS, publish);
  }

  start(): void {
    const { heard, subject, transport } = this.parts;
    this.#unsubscribe = transport.subscribe(subject, (bytes) => {
      const { id, position, writeLevel } = decode<Progress>(bytes);
      this.#recent.set(id, position);
      heard(id, writeLevel);
    });
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** Up to where each of them has applied the log. */
  get positions(): number[] {
    return this.#recent.values();
  }
}
