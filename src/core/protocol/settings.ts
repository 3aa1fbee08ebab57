/** What an operator can set and more than one protocol may ask for. */
export interface Settings {
  readonly path: string;
  readonly authMs: number | undefined;
  readonly heartbeatMs: number | undefined;
  /** Characters of one chat text. */
  readonly maxContentLength: number;
  /** The largest frame that may be sent, in bytes. */
  readonly maxFrameBytes: number;
  readonly batchMs: number;
  /** Gifts that a stream is shown in any second; 0 is no limit. */
  readonly maxGiftsPerSecond: number;
  /** Connections a minute of one address, where a contract limits them. */
  readonly connectionsPerMinute: number;
  /** Messages a minute; 0 is no limit. */
  readonly messagesPerMinute: number;
  readonly encryption: {
    /** Milliseconds that a key is used for. */
    readonly rotationMs: number;
    readonly compression: boolean;
    /** The largest frame that a client may send, in bytes. */
    readonly maxPlainBytes: number;
  };
}
