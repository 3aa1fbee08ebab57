import type { Connection, Frame, Waiting } from "../outbound/connection.ts";

/** Frames that may wait for one connection. */
const MAX_FRAMES = 256;
/**
 * Bytes of memory that they and the token may take for one connection, and for all connections together. One has room
 * for what a client that was offline sends at once: with less room such a client would never get in.
 */
const MAX_BYTES = 1024 * 1024;
const MAX_BYTES_IN_ALL = 32 * 1024 * 1024;
/** More than a token and the heads of a few frames. */
const TOKEN_BYTES = 32 * 1024;
/** The memory of a queued frame besides its text: the string and its place in the list. */
const OVERHEAD = 64;

/** A string takes one byte for each character if all are ASCII, otherwise at most two. */
function memoryOf(frame: Frame): number {
  if (typeof frame !== "string") return OVERHEAD + frame.length;
  const isAscii = Buffer.byteLength(frame) === frame.length;
  return OVERHEAD + (isAscii ? 1 : 2) * frame.length;
}

/**
 * Bounds the memory of frames whose senders are not authenticated yet. One bound is for each connection, and one for
 * all together. Beyond the second, the connection with the longest queue is refused.
 */
export class WaitingFrames {
  readonly #connections = new Map<Connection, Waiting>();
  #bytes = 0;

  /** From now on the connection's frames are queued. */
  begin(connection: Connection, token: string): void {
    this.end(connection);
    const bytes = OVERHEAD + token.length;
    connection.waiting = { frames: [], bytes };
    this.#connections.set(connection, connection.waiting);
    this.#bytes += bytes;
  }

  /** False when too much waits already: the frame is not held. */
  add(waiting: Waiting, frame: Frame, largestFrame: number): boolean {
    const bytes = memoryOf(frame);
    const most = Math.max(MAX_BYTES, 2 * largestFrame + TOKEN_BYTES);
    if (waiting.frames.length >= MAX_FRAMES || waiting.bytes + bytes > most) return false;
    waiting.frames.push(frame);
    waiting.bytes += bytes;
    this.#bytes += bytes;
    return true;
  }

  /** Returns the queued frames. */
  end(connection: Connection): readonly Frame[] {
    const { waiting } = connection;
    connection.waiting = undefined;
    if (!waiting || !this.#connections.delete(connection)) return [];
    this.#bytes -= waiting.bytes;
    return waiting.frames;
  }

  /** The connection that must go, while all together hold too much. */
  excess(): Connection | undefined {
    if (this.#bytes <= MAX_BYTES_IN_ALL) return undefined;
    let largest: Connection | undefined;
    for (const [connection, { bytes }] of this.#connections) {
      if (bytes > (largest?.waiting?.bytes ?? -1)) largest = connection;
    }
    return largest;
  }
}
