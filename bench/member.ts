import { MessageFrames, textFrame } from "./frames.ts";
import { type Peer, RawSocket } from "./sockets.ts";

// Every server frame begins with {"type":" so that one byte tells its kind.
const KIND_AT = 9;
const [MESSAGE, CHAT_UPDATE, BATCH] = Buffer.from("mcb");

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
export class Member implements Peer {
  readonly socket: RawSocket;
  received = 0;
  #joined = false;

  /** Connects and joins. Throws when the upgrade is refused. */
  constructor(
    readonly name: string,
    readonly chatId: string,
    protected readonly tally: Tally,
    port: number,
    token: string,
  ) {
    this.socket = new RawSocket(port, `/ws?token=${token}`, this);
    this.socket.write(
      textFrame({ type: "chat_update", data: { action: "join", chatId }, timestamp: Date.now() }),
    );
    while (!this.#joined) this.socket.read(true);
  }

  text(bytes: Buffer, start: number, end: number): void {
    switch (bytes[start + KIND_AT]) {
      case MESSAGE:
        this.received++;
        this.tally.delivered++;
        break;
      case CHAT_UPDATE:
        this.#joined = true;
        break;
      case BATCH:
        break;
      default:
        fail(`${this.name} was sent ${bytes.toString("utf8", start, Math.min(end, start + 200))}`);
    }
  }

  lost(reason: string): void {
    fail(`${this.name}: ${reason}`);
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
    ...member: ConstructorParameters<typeof Member>
  ) {
    super(...member);
    this.#frames = new MessageFrames(this.chatId, index, burst);
  }

  send(count: number): void {
    this.#frames.number(this.sent, count);
    this.sent += count;
    this.tally.expected += count * this.members;
    this.socket.write(this.#frames.bytes, count * this.#frames.size);
  }

  override text(bytes: Buffer, start: number, end: number): void {
    const before = this.received;
    super.text(bytes, start, end);
    if (this.received === before) return;
    const sequence = this.#frames.sequenceOf(bytes, start, end);
    if (sequence < 0) return;
    if (sequence !== this.confirmed) fail(`${this.name} got message ${sequence}, ${this.confirmed} was next`);
    this.confirmed++;
  }
}
