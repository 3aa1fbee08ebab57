/** Who a member is. */
export interface Name {
  /** Number of the user, and of the connection. */
  user: number;
  room: string;
  token: string;
}

/** Who is told what a frame holds; of `bytes` it is what lies from `start` to `end`, during the call only. */
export interface Ears {
  joined(): void;
  /** A message of the room, or the confirmation of an own one. */
  message(bytes: Buffer, start: number, end: number): void;
  /** The server waits for this frame. */
  answer(frame: Buffer): void;
  /** Nothing that may come. */
  wrong(bytes: Buffer, start: number, end: number): void;
}

export type Hear = (bytes: Buffer, start: number, end: number) => void;

/** How a server is spoken to over WebSocket. */
export interface Dialect {
  subprotocol?: string;
  /** Spoken over TCP itself: what are called frames here are no frames of WebSocket. */
  plain?: boolean;
  /** What the user's token opens. */
  grant(room: string): string;
  path(name: Name): string;
  /** The first frame; none where the upgrade said it all. */
  hello?(name: Name): Buffer;
  /** The frame of a message to the room. */
  message(name: Name, messageId: string): Buffer;
  /** Makes a listener for one connection out of its ears: it is given the payload of each frame. */
  hear(ears: Ears, name: Name): Hear;
}
