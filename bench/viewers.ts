import { readDigits } from "./frames.ts";
import { Readiness } from "./libc.ts";
import { fail } from "./member.ts";
import type { Posted } from "./posted.ts";
import { type Peer, RawSocket } from "./sockets.ts";

/** All of them are read so often when it does not matter how soon. */
const ROUND_NS = 100_000_000;

/** Who watches all that is posted: each event once, and those of one backend in order. */
export class Viewers {
  readonly #viewers: Viewer[] = [];
  readonly #readiness: Readiness;
  /** Number of the first event that they get. */
  first = 0;
  delivered = 0;
  /** Of all frames, those too that are no deliveries. */
  bytes = 0;
  /** Hears of each delivery. */
  arrived: (sequence: number) => void = () => {};
  #readAt = 0;
  #next = 0;

  constructor(
    readonly posted: Posted,
    readonly count: number,
    /** By turns they post one event; or there is one of them. */
    readonly backends: number,
  ) {
    this.#readiness = new Readiness(Math.max(1, count));
  }

  async gather(first: number, port: number, secret: string): Promise<void> {
    this.first = first;
    for (let n = 0; n < this.count; n++) {
      const viewer = new Viewer(n, this, port, await this.posted.hello(n, secret));
      this.#readiness.add(viewer.socket.fd, n);
      this.#viewers.push(viewer);
    }
  }

  get present(): number {
    return this.#viewers.length;
  }

  /** Reads every socket that has data, at once. */
  readReady(): void {
    const ready = this.#readiness.wait(0);
    for (let i = 0; i < ready; i++) this.#viewers[this.#readiness.key(i)]?.socket.read();
  }

  /** Reads those whose turn it is, one after another, as if by programs slower than their kernel. */
  readInTurn(): void {
    const now = Bun.nanoseconds();
    const apart = ROUND_NS / this.count;
    this.#readAt = Math.max(this.#readAt, now - ROUND_NS);
    for (; this.#readAt + apart <= now; this.#readAt += apart) {
      this.#viewers[this.#next]?.socket.read();
      this.#next = (this.#next + 1) % this.count;
    }
  }

  readAll(): void {
    for (const { socket } of this.#viewers) socket.read();
  }

  /** Fails unless each got this number. */
  verify(events: number): void {
    for (const { number, received } of this.#viewers) {
      if (received !== events) fail(`viewer ${number} got ${received} of ${events} events`);
    }
  }
}

class Viewer implements Peer {
  readonly socket: RawSocket;
  received = 0;
  #welcome = false;
  readonly #event: number;
  /** Of each backend. Between two of them a server promises no order: they have connections of their own. */
  readonly #next: number[];

  /** Connects and is let in. Throws when the upgrade is refused. */
  constructor(
    readonly number: number,
    private readonly all: Viewers,
    port: number,
    hello: Buffer,
  ) {
    const { path, subprotocol, kinds } = all.posted;
    this.#event = kinds.event.charCodeAt(0);
    this.#next = [];
    for (let n = all.first; n < all.first + all.backends; n++) this.#next[n % all.backends] = n;
    this.socket = new RawSocket(port, path, this, subprotocol).upgraded();
    this.socket.write(hello);
    while (!this.#welcome) this.socket.read(true);
  }

  text(bytes: Buffer, start: number, end: number): void {
    const { kindAt, kinds, digitsAt } = this.all.posted;
    const kind = bytes[start + kindAt]!;
    this.all.bytes += end - start;
    if (kind === this.#event) {
      const sequence = readDigits(bytes, start + digitsAt);
      const backend = sequence % this.all.backends;
      const next = this.#next[backend]!;
      if (sequence !== next) fail(`viewer ${this.number} got event ${sequence}, ${next} was next`);
      this.#next[backend] = next + this.all.backends;
      this.received++;
      this.all.delivered++;
      this.all.arrived(sequence);
      return;
    }
    const letter = String.fromCharCode(kind);
    if (letter === kinds.welcome) this.#welcome = true;
    else if (!kinds.others.includes(letter)) {
      fail(`viewer ${this.number} was sent ${bytes.toString("utf8", start, Math.min(end, start + 200))}`);
    }
  }

  lost(reason: string): void {
    fail(`viewer ${this.number}: ${reason}`);
  }
}
