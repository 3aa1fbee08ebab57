/** WebSocket frames (RFC 6455) as a client writes and reads them, with no allocation per frame. */

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/**
 * One whole client frame, for payloads under 64 KiB. Its masking key is 0: legal for a client, and it
 * leaves the payload as it is, so that digits can be changed in place.
 */
export function clientFrame(opcode: number, payload: Uint8Array): Buffer {
  const long = payload.length > 125;
  const header = long ? 8 : 6;
  const frame = Buffer.alloc(header + payload.length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (long ? 126 : payload.length);
  if (long) frame.writeUInt16BE(payload.length, 2);
  frame.set(payload, header);
  return frame;
}

export const textFrame = (value: unknown): Buffer => clientFrame(TEXT, Buffer.from(JSON.stringify(value)));

/** Bytes of a server frame's header, told by its second byte. */
export function headerSize(bytes: Buffer, at: number): number {
  const length = bytes[at + 1]! & 0x7f;
  return length < 126 ? 2 : length === 126 ? 4 : 10;
}

/** Where the server frame that begins at `at` ends; -1 while its header is not whole. May lie beyond `end`. */
export function frameEnd(bytes: Buffer, at: number, end: number): number {
  if (end - at < 2) return -1;
  const header = headerSize(bytes, at);
  if (end - at < header) return -1;
  if (header === 2) return at + 2 + (bytes[at + 1]! & 0x7f);
  if (header === 4) return at + 4 + bytes.readUInt16BE(at + 2);
  return at + 10 + bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
}

export const SEQUENCE_DIGITS = 9;
// What a frame calls the id by is the affair of its protocol; the value begins alike in all of them.
const ID_MARK = Buffer.from('"m-');

/** A publisher's messages, laid side by side so that a burst is one write; only their ids change. */
export class MessageFrames {
  readonly bytes: Buffer;
  readonly size: number;
  readonly #mark: Buffer;
  readonly #digitsAt: readonly number[];

  /** `most`: how many messages one burst may hold; `message` makes the frame of one with this id. */
  constructor(publisher: number, most: number, message: (messageId: string) => Buffer) {
    const name = `m-${publisher}-`;
    const messageId = name + "0".repeat(SEQUENCE_DIGITS);
    const frame = message(messageId);
    this.#digitsAt = placesOf(frame, messageId).map((at) => at + name.length);
    this.#mark = Buffer.from(`"${name}`);
    this.size = frame.length;
    this.bytes = Buffer.concat(Array<Buffer>(most).fill(frame));
  }

  /** Numbers the first `count` frames from `sequence` on. */
  number(sequence: number, count: number): void {
    for (let frame = 0; frame < count; frame++) {
      for (const at of this.#digitsAt) writeDigits(this.bytes, frame * this.size + at, sequence + frame);
    }
  }

  /** The sequence number of a received message; -1 if another publisher sent it. Throws if it has no id. */
  sequenceOf(bytes: Buffer, start: number, end: number): number {
    const id = bytes.indexOf(ID_MARK, start);
    if (id < 0 || id >= end) throw new Error("a message frame without the messageId that was sent");
    for (let i = ID_MARK.length; i < this.#mark.length; i++) {
      if (bytes[id + i] !== this.#mark[i]) return -1;
    }
    return readDigits(bytes, id + this.#mark.length);
  }
}

/** Where in the bytes this text begins. */
export function placesOf(bytes: Buffer, text: string): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) places.push(at);
  return places;
}

export function writeDigits(bytes: Buffer, at: number, value: number): void {
  let rest = value;
  for (let i = at + SEQUENCE_DIGITS - 1; i >= at; i--) {
    bytes[i] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

export function readDigits(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at; i < at + SEQUENCE_DIGITS; i++) value = value * 10 + bytes[i]! - 48;
  return value;
}
