import type { Answer, Transport } from "../../src/cluster/transport.ts";
import type { Clock } from "../../src/core/ports/clock.ts";

type Heard = (bytes: Uint8Array, answer: Answer) => void;

/** What nodes talk over, in memory: each message arrives at once, at everybody who is not cut off. */
export class MemoryNetwork {
  readonly #all = new Set<MemoryTransport>();

  constructor(readonly clock: Clock) {}

  join(): MemoryTransport {
    const transport = new MemoryTransport(this);
    this.#all.add(transport);
    return transport;
  }

  send(subject: string, bytes: Uint8Array, answer: Answer): void {
    for (const one of [...this.#all]) one.hear(subject, bytes, answer);
  }
}

export class MemoryTransport implements Transport {
  isConnected = true;
  /** Messages on subjects that end so are lost on their way from here. */
  loses: string | undefined;
  readonly #heard = new Map<string, Set<Heard>>();

  constructor(private readonly network: MemoryNetwork) {}

  publish(subject: string, bytes: Uint8Array): void {
    if (this.isConnected && !(this.loses && subject.endsWith(this.loses)))
      this.network.send(subject, bytes, undefined);
  }

  subscribe(subject: string, heard: Heard): () => void {
    const all = this.#heard.get(subject) ?? new Set();
    this.#heard.set(subject, all.add(heard));
    return () => all.delete(heard);
  }

  hear(subject: string, bytes: Uint8Array, answer: Answer): void {
    if (this.isConnected) for (const heard of [...(this.#heard.get(subject) ?? [])]) heard(bytes, answer);
  }

  request(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.network.clock.after(timeoutMs, () => reject(new Error("nobody has answered")));
    if (this.isConnected) {
      this.network.send(subject, bytes, (answer) => {
        if (this.isConnected) resolve(answer);
      });
    }
    return promise;
  }
}
