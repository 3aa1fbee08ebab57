/** The way of a room's frames to a connection that needs other bytes than the rest of the room. */
export interface Diversion {
  deliver(frame: string): void;
  /** Sends the frames that it still holds. Called before a room is left and before the connection closes. */
  flush(): void;
  /** Bytes that it holds. */
  held(): number;
}

/** Makes the frame that goes over the wire, in the order of sending. */
export type Seal = (frame: string) => string;
