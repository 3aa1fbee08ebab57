import { randomBytes } from "node:crypto";
import type { Socket } from "bun";
import type { Closing, Frame } from "./client.ts";
import {
  CLOSE,
  encodeFrame,
  type FrameOptions,
  FrameReader,
  PING,
  PONG,
  type RawFrame,
  TEXT,
} from "./raw-frames.ts";

export interface RawOptions {
  /** Answers pings, as RFC 6455 wants it. Default true. */
  readonly answersPings?: boolean;
  /** Sees each frame, which is then not kept in `frames`. */
  readonly onFrame?: (frame: RawFrame) => void;
}

/**
 * A peer of bare TCP, which can do what no WebSocket library would: stop reading, stay silent, break off,
 * break the rules.
 */
export class RawSocket {
  /** Everything that has arrived since the handshake, in order. */
  readonly frames: RawFrame[] = [];
  /** Resolves when the TCP connection has ended, by whichever side. */
  readonly ended: Promise<void>;
  /** The head of the HTTP answer, up to its blank line. */
  head = "";
  isEnded = false;
  #answered = false;
  #unread = 0;
  #socket!: Socket;
  #unsent: Uint8Array[] = [];
  readonly #reader = new FrameReader();
  readonly #end = Promise.withResolvers<void>();
  #arrived = Promise.withResolvers<void>();

  private constructor(private readonly options: RawOptions) {
    this.ended = this.#end.promise;
  }

  /** A TCP connection, and nothing sent. */
  static async dial(port: number, options: RawOptions = {}): Promise<RawSocket> {
    const peer = new RawSocket(options);
    peer.#socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, chunk) => peer.#received(chunk),
        drain: () => peer.#flush(),
        close: () => peer.#closed(),
        error: () => {},
      },
    });
    return peer;
  }

  /** Asks for a WebSocket; resolves when the head of the answer is there, no matter what it says. */
  static async upgrade(
    port: number,
    path: string,
    options: RawOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<RawSocket> {
    return RawSocket.ask(port, upgradeRequest(path, options.headers), options);
  }

  /** Sends these bytes first; resolves when the head of an HTTP answer is there, or the end. */
  static async ask(port: number, bytes: string | Uint8Array, options: RawOptions = {}): Promise<RawSocket> {
    const peer = await RawSocket.dial(port, options);
    peer.write(bytes);
    while (!peer.#answered && !peer.isEnded) await peer.#arrived.promise;
    return peer;
  }

  /** Of the HTTP answer; 0 when none came. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/.exec(this.head)?.[1] ?? 0);
  }

  /** The JSON of all text frames that have arrived: without the pings, which come when they like. */
  get texts(): Frame[] {
    return this.frames
      .filter(({ opcode }) => opcode === TEXT)
      .map(({ payload }): Frame => JSON.parse(payload.toString()));
  }

  write(bytes: string | Uint8Array): void {
    this.#unsent.push(Buffer.from(bytes));
    if (this.#unsent.length === 1) this.#flush();
  }

  send(payload: string | Uint8Array, options: FrameOptions = {}): void {
    this.write(encodeFrame(payload, options));
  }

  /** Sends a gurukul frame of this type. */
  say(type: string, data: Frame): void {
    this.send(JSON.stringify({ type, data, timestamp: Date.now() }));
  }

  /** The next unread frame of this opcode; earlier unread ones are passed over. Rejects when the end comes first. */
  async next(opcode: number): Promise<RawFrame> {
    for (;;) {
      while (this.#unread < this.frames.length) {
        const frame = this.frames[this.#unread++]!;
        if (frame.opcode === opcode) return frame;
      }
      if (this.isEnded) throw new Error(`ended before a frame of opcode ${opcode} came`);
      await this.#arrived.promise;
    }
  }

  /** The JSON of the next text frame of this type. */
  async hear(type: string): Promise<Frame> {
    for (;;) {
      const frame: Frame = JSON.parse((await this.next(TEXT)).payload.toString());
      if (frame["type"] === type) return frame;
    }
  }

  /** What the server closes with. As in browsers: 1005 is a close frame without a code, 1006 is no close frame. */
  async closing(): Promise<Closing> {
    const find = () => this.frames.find(({ opcode }) => opcode === CLOSE);
    while (!find() && !this.isEnded) await this.#arrived.promise;
    const payload = find()?.payload;
    if (!payload) return { code: 1006, reason: "" };
    if (payload.length === 0) return { code: 1005, reason: "" };
    return { code: payload.readUInt16BE(0), reason: payload.subarray(2).toString() };
  }

  /** Stops reading: what comes stays in the buffers of the kernel, then of the server. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Says that nothing more will be sent, and goes on reading. */
  halfClose(): void {
    this.#socket.shutdown(true);
  }

  /** Breaks off, without a close frame. */
  destroy(): void {
    this.#socket.terminate();
  }

  #flush(): void {
    for (let bytes = this.#unsent[0]; bytes; bytes = this.#unsent[0]) {
      const written = this.#socket.write(bytes);
      if (written < bytes.length) {
        this.#unsent[0] = bytes.subarray(Math.max(0, written));
        return;
      }
      this.#unsent.shift();
    }
  }

  #received(chunk: Buffer): void {
    let rest = chunk;
    if (!this.#answered) {
      const text = this.head + chunk.toString("latin1");
      const end = text.indexOf("\r\n\r\n");
      this.#answered = end !== -1;
      rest = chunk.subarray(end + 4 - this.head.length);
      this.head = this.#answered ? text.slice(0, end) : text;
    }
    if (this.status === 101) for (const frame of this.#reader.read(rest)) this.#take(frame);
    this.#wake();
  }

  #take(frame: RawFrame): void {
    if (frame.opcode === PING && this.options.answersPings !== false) {
      this.send(frame.payload, { opcode: PONG });
    }
    if (this.options.onFrame) this.options.onFrame(frame);
    else this.frames.push(frame);
  }

  #closed(): void {
    this.isEnded = true;
    this.#end.resolve();
    this.#wake();
  }

  #wake(): void {
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
  }
}

/** The head of a request that asks for a WebSocket. */
export function upgradeRequest(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: "localhost",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
    "Sec-WebSocket-Version": "13",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}
