import { BINARY, CLOSE, clientFrame, frameEnd, headerSize, PING, PONG, TEXT } from "./frames.ts";
import { closeSocket, connectTo, inbox, receive, sendNow } from "./libc.ts";

// The first byte of a frame that is not one of several fragments, without its opcode.
const WHOLE = 0x80;
const NOTHING = Buffer.alloc(0);

/** What a socket tells its owner. */
export interface Peer {
  /** A whole text or binary frame; its payload is `bytes` from `start` to `end`, valid during the call only. */
  text(bytes: Buffer, start: number, end: number): void;
  /** The connection is gone, or the server broke the protocol. */
  lost(reason: string): void;
}

/**
 * A WebSocket client over plain TCP. Frames are told by walking their headers where they were read: no object
 * per frame, no decoding; only a frame that falls into two reads is copied. Pings are answered.
 */
export class RawSocket {
  readonly fd: number;
  /** The beginning of a frame whose end was not there yet. */
  #held = NOTHING;

  /** Connects and asks for the upgrade: call `upgraded` before anything else. Throws when nobody listens. */
  constructor(
    port: number,
    path: string,
    readonly peer: Peer,
    subprotocol?: string,
    receiveBuffer?: number,
    /** There is no WebSocket: bytes are told as they come. */
    readonly plain = false,
  ) {
    this.fd = connectTo(port, receiveBuffer);
    if (!plain) this.write(Buffer.from(upgradeRequest(port, path, subprotocol)));
  }

  /** Waits for the upgrade, and tells what came with its answer. Throws when it is refused. */
  upgraded(): this {
    if (this.plain) return this;
    let bytes = 0;
    let head = -1;
    while (head < 0) {
      const more = receive(this.fd, bytes, true);
      if (more <= 0) throw new Error("no answer to the upgrade");
      bytes += more;
      head = inbox.subarray(0, bytes).indexOf("\r\n\r\n");
    }
    const status = inbox.toString("latin1", 0, inbox.indexOf("\r\n"));
    if (!status.startsWith("HTTP/1.1 101 ")) throw new Error(`the upgrade was answered "${status}"`);
    this.#walk(head + 4, bytes);
    return this;
  }

  /** Sends the first `length` bytes of ready-made frames. */
  write(frames: Buffer, length = frames.length): void {
    if (!sendNow(this.fd, frames, length)) this.peer.lost("the server has stopped reading");
  }

  close(): void {
    closeSocket(this.fd);
  }

  /** Takes all that is there; with `wait`, waits for something first. */
  read(wait = false): void {
    for (let more = true, first = wait; more; first = false) {
      const held = this.#held.length;
      if (held === inbox.length) this.peer.lost("a frame of more than 1 MiB");
      if (held > 0) inbox.set(this.#held);
      const bytes = receive(this.fd, held, first);
      if (bytes === 0 || (first && bytes < 0)) this.peer.lost("the connection broke");
      if (bytes < 0) return;
      const end = held + bytes;
      if (this.plain) this.peer.text(inbox, 0, end);
      else this.#walk(0, end);
      more = end === inbox.length;
    }
  }

  /** Tells the frames of the inbox, and holds the beginning of one that is incomplete. */
  #walk(start: number, end: number): void {
    let at = start;
    while (at < end) {
      const next = frameEnd(inbox, at, end);
      if (next < 0 || next > end) break;
      this.#tell(at, next);
      at = next;
    }
    this.#held = at === end ? NOTHING : Buffer.from(inbox.subarray(at, end));
  }

  #tell(at: number, end: number): void {
    const start = at + headerSize(inbox, at);
    switch (inbox[at]) {
      case WHOLE | TEXT:
      case WHOLE | BINARY:
        this.peer.text(inbox, start, end);
        break;
      case WHOLE | PING:
        this.write(clientFrame(PONG, inbox.subarray(start, end)));
        break;
      case WHOLE | CLOSE:
        this.peer.lost(`closed by the server, ${closing(start, end)}`);
        break;
      default:
        this.peer.lost("a frame of an unexpected kind");
    }
  }
}

const closing = (start: number, end: number): string =>
  end - start < 2
    ? "without a code"
    : `${inbox.readUInt16BE(start)} "${inbox.toString("utf8", start + 2, end)}"`;

const upgradeRequest = (port: number, path: string, subprotocol: string | undefined): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64")}`,
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    "\r\n",
  ].join("\r\n");
