import type { Publisher, Socket } from "../../src/core/ports/socket.ts";

/** Topics in memory. */
export class Topics implements Publisher {
  readonly #topics = new Map<string, Set<SimulatedSocket>>();

  of(topic: string): Set<SimulatedSocket> {
    const sockets = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, sockets);
    return sockets;
  }

  publish(topic: string, frame: string, _compress?: boolean, except?: SimulatedSocket): number {
    for (const socket of this.of(topic)) if (socket !== except) socket.send(frame);
    return frame.length;
  }

  subscriberCount(topic: string): number {
    return this.of(topic).size;
  }

  drop(socket: SimulatedSocket): void {
    for (const sockets of this.#topics.values()) sockets.delete(socket);
  }
}

export interface SocketEvents {
  /** Called synchronously, as Bun does, also within `close`. */
  ended(code: number, reason: string): void;
  /** The buffer was full, and the frame is lost. */
  overflowed(): void;
}

/** A socket with a finite buffer, and a peer that reads only on request. */
export class SimulatedSocket implements Socket {
  /** What the peer has not read. */
  readonly unread: string[] = [];
  isClosed = false;
  /** The close code and reason, which the peer sees after it has read every frame. */
  ending = "";
  #bytes = 0;

  constructor(
    private readonly topics: Topics,
    private readonly limit: number,
    private readonly events: SocketEvents,
  ) {}

  send(frame: string): number {
    if (this.isClosed) return 0;
    const bytes = Buffer.byteLength(frame);
    if (this.#bytes + bytes > this.limit) {
      this.events.overflowed();
      return 0;
    }
    this.#bytes += bytes;
    this.unread.push(frame);
    return bytes;
  }

  /** The next frame, as the peer gets it. */
  read(): string | undefined {
    const frame = this.unread.shift();
    if (frame !== undefined) this.#bytes -= Buffer.byteLength(frame);
    return frame;
  }

  /** What is unread stays readable, as after a close frame. */
  close(code = 1005, reason = ""): void {
    if (this.isClosed) return;
    this.ending = `${code} ${reason}`.trimEnd();
    this.vanish();
    this.events.ended(code, reason);
  }

  /** Accepts nothing more from the server, without telling it. */
  vanish(): void {
    this.isClosed = true;
    this.topics.drop(this);
  }

  terminate(): void {
    this.close(1006);
  }

  ping = (): number => 0;
  getBufferedAmount = (): number => this.#bytes;
  subscribe = (topic: string): void => void this.topics.of(topic).add(this);
  unsubscribe = (topic: string): void => void this.topics.of(topic).delete(this);
  publish(topic: string, frame: string, compress?: boolean): number {
    return this.topics.publish(topic, frame, compress, this);
  }
}
