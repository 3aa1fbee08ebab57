import type { Cancel, Clock } from "../core/ports/clock.ts";
import { HEARTBEAT_MS, SILENT_MS } from "./membership.ts";
import { decode, encode, type Transport } from "./transport.ts";

interface Said {
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
  readonly #heard = new Map<string, Said & { readonly at: number }>();
  #unsubscribe = () => {};

  constructor(private readonly parts: NewcomersParts) {}

  /** This node is one. Returns the end of it. */
  announce(): Cancel {
    const { applied, clock, newId, subject, transport, writeLevel } = this.parts;
    const id = newId();
    const say = () => {
      if (transport.isConnected)
        transport.publish(subject, encode({ id, position: applied(), writeLevel } satisfies Said));
    };
    say();
    return clock.every(HEARTBEAT_MS, say);
  }

  start(): void {
    const { clock, subject, transport } = this.parts;
    this.#unsubscribe = transport.subscribe(subject, (bytes) => {
      const said = decode<Said>(bytes);
      this.parts.heard(said.id, said.writeLevel);
      this.#heard.set(said.id, { ...said, at: clock.monotonic() });
    });
  }

  stop(): void {
    this.#unsubscribe();
  }

  /** How far each of them is. */
  get positions(): number[] {
    const now = this.parts.clock.monotonic();
    for (const { id, at } of [...this.#heard.values()]) if (now - at >= SILENT_MS) this.#heard.delete(id);
    return Array.from(this.#heard.values(), ({ position }) => position);
  }
}
