import { randomBytes } from "node:crypto";

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** A frame as it came over the wire. */
export interface RawFrame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export interface FrameOptions {
  readonly opcode?: number;
  /** False: more frames of this message follow. */
  readonly fin?: boolean;
  /** Clients must mask. */
  readonly masked?: boolean;
  /** RSV1 to RSV3, as three bits. */
  readonly reserved?: number;
}

/** A frame as a client sends it, or, with other options, as it must not. */
export function encodeFrame(payload: string | Uint8Array, options: FrameOptions = {}): Buffer {
  const { opcode = TEXT, fin = true, masked = true, reserved = 0 } = options;
  const body = Buffer.from(payload);
  const head = Buffer.alloc(body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  head[1] = (masked ? 0x80 : 0) | (head.length === 2 ? body.length : head.length === 4 ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(body.length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(body.length), 2);
  if (!masked) return Buffer.concat([head, body]);
  const key = randomBytes(4);
  for (let at = 0; at < body.length; at++) body[at]! ^= key[at & 3]!;
  return Buffer.concat([head, key, body]);
}

/** Cuts what a server sends into frames; servers neither mask nor, here, fragment. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = 2;

  /** The frames that are complete with this chunk. */
  *read(chunk: Buffer): Generator<RawFrame> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    let rest = Buffer.concat(this.#chunks);
    for (;;) {
      this.#needed = frameLength(rest);
      if (rest.length < this.#needed) break;
      const frame = rest.subarray(0, this.#needed);
      rest = rest.subarray(this.#needed);
      yield { opcode: frame[0]! & 0xf, payload: frame.subarray(headLength(frame)) };
    }
    this.#chunks = [rest];
    this.#bytes = rest.length;
  }
}

const headLength = (frame: Buffer): number => {
  const length = frame[1]! & 0x7f;
  return length === 127 ? 10 : length === 126 ? 4 : 2;
};

/** Of the frame that begins here; or of its head, as far as that has come. */
function frameLength(bytes: Buffer): number {
  if (bytes.length < 2) return 2;
  const head = headLength(bytes);
  if (bytes.length < head || head === 2) return head === 2 ? head + bytes[1]! : head;
  return head + (head === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
}
