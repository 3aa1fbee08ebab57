import type { Identity } from "../ports/identity.ts";
import type { Socket } from "../ports/socket.ts";
import type { Diversion, Seal } from "../protocol/diversion.ts";
import { NameSet } from "../protocol/name-set.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import type { Refusal } from "../protocol/refusal.ts";
import { Traffic } from "./traffic.ts";

/** Why a connection ended, as our own records have it. On the wire the code is best effort. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
}

export type Frame = string | Uint8Array;

/** Frames that wait while the connection's token is being checked, in order, and the memory that they take. */
export interface Waiting {
  readonly frames: Frame[];
  bytes: number;
}

/** One socket: its user, its rooms, and the way to send to it. */
export class Connection {
  /** From the upgrade until the socket has opened: null when it should have brought one, undefined when a message will. */
  token: string | null | undefined;
  identity: Identity | undefined;
  /** Frames of stored events carry their room and offset. */
  offsets = false;
  /** Why what the client asked to resume cannot be read. */
  wrongResume: string | undefined;
  /** By room, the offset of the last event that the client has: rooms that it has not joined yet. */
  resume: Map<string, number> | undefined;
  /** Offsets, by room, that were confirmed while the room's missed events are being sent: not to be sent again. */
  catchingUp: Map<string, Set<number>> | undefined;
  /** Rooms joined: their events arrive here. */
  readonly rooms = new NameSet();
  /** Rooms watched: their announcements arrive here while they are not joined. */
  watched: NameSet | undefined;
  diversion: Diversion | undefined;
  /** What becomes of each frame on its way out. Its rooms are diverted then. */
  seal: Seal | undefined;
  /** Frames that came in while the token was being checked. */
  waiting: Waiting | undefined;
  lastSeen = 0;
  nextPing = 0;
  /** Buffered bytes have left for the peer since the last ping. */
  drained = false;
  /** How many pings in a row found something on its way, of which nothing had left since the ping before. */
  #stalled = 0;
  ending: Ending | undefined;
  #socket: Socket | undefined;

  constructor(
    readonly id: string,
    readonly protocol: AnyProtocol,
    /** The protocol's own, made when the socket opened. */
    readonly state: unknown,
    /** The client's address, behind a trusted proxy too. */
    readonly address: string,
    readonly openedAt: number,
    /** Counts the payload that leaves for a socket. */
    private readonly spent: (frame: string) => void,
    /** Its protocol's counters. */
    readonly traffic = new Traffic(),
  ) {
    this.countFrom(openedAt);
  }

  get socket(): Socket {
    if (!this.#socket) throw new Error("the socket has not opened");
    return this.#socket;
  }

  opened(socket: Socket): void {
    this.#socket = socket;
  }

  get open(): boolean {
    return this.ending === undefined;
  }

  /** Silence counts from this time on, and the interval of pings. */
  countFrom(now: number): void {
    this.lastSeen = now;
    this.#stalled = 0;
    // Anywhere in the interval, so that a storm of connects is not followed by storms of pings.
    this.nextPing = now + Math.random() * this.protocol.timeouts.heartbeatMs;
  }

  send(frame: string): void {
    if (!this.open) return;
    const sent = this.seal ? this.seal(frame) : frame;
    this.spent(sent);
    this.traffic.sent++;
    // 0: Bun dropped the frame at the hard limit. An open connection must not miss a frame unnoticed.
    if (this.socket.send(sent) !== 0) return;
    this.traffic.backpressure++;
    this.close(1008, "Backpressure");
  }

  /** Bytes that are still on their way to the peer. */
  unsent(): number {
    return this.socket.getBufferedAmount() + (this.diversion?.held() ?? 0);
  }

  /** Asked at each ping: whether the peer has taken nothing of what waits for it over two whole intervals. */
  isStuck(): boolean {
    this.#stalled = this.drained || this.unsent() === 0 ? 0 : this.#stalled + 1;
    this.drained = false;
    return this.#stalled > 2;
  }

  close(code: number, reason: string): void {
    if (!this.open) return;
    this.diversion?.flush();
    this.ending = { code, reason };
    this.socket.close(code, reason);
  }

  /** Says no in the protocol's words, and closes where it says so. `isAnswer`: a message of the client asked for it. */
  refuse(refusal: Refusal, ref?: string, isAnswer = true): void {
    this.traffic.refuses(refusal.reason, isAnswer);
    const rejection = this.protocol.refuse[refusal.reason](refusal, ref);
    if (rejection.frame !== undefined) this.send(rejection.frame);
    if (rejection.close) this.close(rejection.close.code, rejection.close.reason);
  }
}
