import type { Dialect, Ears, Name } from "./dialect.ts";
import { MessageFrames } from "./frames.ts";
import { type Peer, RawSocket } from "./sockets.ts";

/** The benchmark is over: something happened that makes every figure worthless. */
export function fail(reason: string): never {
  console.error(`FAILED: ${reason}`);
  process.exit(1);
}

/** Deliveries to the whole crowd, over all rounds. */
export interface Tally {
  expected: number;
  delivered: number;
}

/** One user in one room, who counts the messages that arrive. */
export class Member implements Peer, Ears {
  readonly socket: RawSocket;
  readonly text: Peer["text"];
  received = 0;
  #joined = false;

  /** Connects, and asks to be let in: call `enter` next. Throws when nobody listens. */
  constructor(
    readonly name: Name,
    protected readonly dialect: Dialect,
    protected readonly tally: Tally,
    port: number,
    receiveBuffer?: number,
  ) {
    this.text = dialect.hear(this, name);
    const { subprotocol, plain } = dialect;
    this.socket = new RawSocket(port, dialect.path(name), this, subprotocol, receiveBuffer, plain);
  }

  enter(): this {
    this.upgrade();
    return this.welcome();
  }

  /** Asks to join, when the connection is upgraded. Throws when that is refused. */
  upgrade(): void {
    this.socket.upgraded();
    const hello = this.dialect.hello?.(this.name);
    if (hello) this.socket.write(hello);
  }

  /** Returns when it has joined. */
  welcome(): this {
    while (!this.#joined) this.socket.read(true);
    return this;
  }

  joined(): void {
    this.#joined = true;
  }

  message(_bytes: Buffer, _start: number, _end: number): void {
    this.received++;
    this.tally.delivered++;
  }

  answer(frame: Buffer): void {
    this.socket.write(frame);
  }

  wrong(bytes: Buffer, start: number, end: number): void {
    fail(`user ${this.name.user} was sent ${bytes.toString("utf8", start, Math.min(end, start + 200))}`);
  }

  lost(reason: string): void {
    fail(`user ${this.name.user}: ${reason}`);
  }
}

/** A member who also sends, and knows the own messages among those that arrive. */
export class Publisher extends Member {
  readonly #frames: MessageFrames;
  sent = 0;
  confirmed = 0;

  /** `index`: among all publishers; `burst`: the most messages of one write; `members`: of the room. */
  constructor(
    readonly index: number,
    burst: number,
    readonly members: number,
    ...[name, dialect, ...rest]: ConstructorParameters<typeof Member>
  ) {
    super(name, dialect, ...rest);
    this.#frames = new MessageFrames(index, burst, (messageId) => dialect.message(name, messageId));
  }

  send(count: number): void {
    this.#frames.number(this.sent, count);
    this.sent += count;
    this.tally.expected += count * this.members;
    this.socket.write(this.#frames.bytes, count * this.#frames.size);
  }

  override message(bytes: Buffer, start: number, end: number): void {
    super.message(bytes, start, end);
    const sequence = this.#frames.sequenceOf(bytes, start, end);
    if (sequence < 0) return;
    if (sequence !== this.confirmed) {
      fail(`user ${this.name.user} got message ${sequence}, ${this.confirmed} was next`);
    }
    this.confirmed++;
  }
}
