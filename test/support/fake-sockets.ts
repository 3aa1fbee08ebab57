import type { Publisher, Socket } from "../../src/core/ports/socket.ts";

/** Sockets and topics in memory. `sent` hears of every frame that leaves for a socket, in order. */
export class FakeSockets implements Publisher {
  readonly #topics = new Map<string, Set<FakeSocket>>();

  constructor(private readonly sent: (name: string, frame: string) => void) {}

  open(name: string): Socket {
    return new FakeSocket(name, this, this.sent);
  }

  publish(topic: string, frame: string, _compress?: boolean, except?: FakeSocket): number {
    for (const socket of this.of(topic)) if (socket !== except) socket.send(frame);
    return frame.length;
  }

  subscriberCount(topic: string): number {
    return this.of(topic).size;
  }

  of(topic: string): Set<FakeSocket> {
    const sockets = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, sockets);
    return sockets;
  }
}

class FakeSocket implements Socket {
  constructor(
    private readonly name: string,
    private readonly hub: FakeSockets,
    private readonly sent: (name: string, frame: string) => void,
  ) {}

  send(frame: string): number {
    this.sent(this.name, frame);
    return frame.length;
  }

  close(code?: number, reason?: string): void {
    this.sent(this.name, `closed ${code} ${reason}`);
  }

  terminate(): void {}
  ping = (): number => 0;
  getBufferedAmount = (): number => 0;
  subscribe = (topic: string): void => void this.hub.of(topic).add(this);
  unsubscribe = (topic: string): void => void this.hub.of(topic).delete(this);
  publish(topic: string, frame: string, compress?: boolean): number {
    return this.hub.publish(topic, frame, compress, this);
  }
}
