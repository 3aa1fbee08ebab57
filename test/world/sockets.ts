import type { Publisher, Socket } from "../../src/core/ports/socket.ts";

/** Topics in memory. */
export class Topics implements Publisher {
  readonly #topics = new Map<string, Set<WorldSocket>>();

  of(topic: string): Set<WorldSocket> {
    const sockets = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, sockets);
    return sockets;
  }

  publish(topic: string, frame: string, _compress?: boolean, except?: WorldSocket): number {
    for (const socket of this.of(topic)) if (socket !== except) socket.send(frame);
    return frame.length;
  }

  subscriberCount(topic: string): number {
    return this.of(topic).size;
  }

  drop(socket: WorldSocket): void {
    for (const sockets of this.#topics.values()) sockets.delete(socket);
  }
}

export interface SocketEvents {
  /** As Bun tells the server: at once, within `close` too. */
  ended(code: number, reason: string): void;
  /** The limit was passed, and the frame lost. */
  overflowed(): void;
}

/** A socket with a buffer that ends, and a peer that reads when it is told to. */
export class WorldSocket implements Socket {
  /** What the peer has not read. */
  readonly unread: string[] = [];
  isClosed = false;
  /** How the server closed it, as the peer learns when it has read all. */
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
    this.gone();
    this.events.ended(code, reason);
  }

  /** Nothing more is taken from the server, and it is not told. */
  gone(): void {
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
