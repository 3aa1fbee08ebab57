/** The part of Bun's ServerWebSocket that the core uses. */
export interface Socket {
  /** Bytes written, -1 when queued, 0 when dropped. */
  send(frame: string): number;
  close(code?: number, reason?: string): void;
  terminate(): void;
  ping(): number;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Publishes to the topic's other subscribers. */
  publish(topic: string, frame: string, compress?: boolean): number;
  getBufferedAmount(): number;
}

/** Publishes to all subscribers of a topic: Bun's server. */
export interface Publisher {
  /** Publishes to every subscriber except `except`. */
  publish(topic: string, frame: string, compress?: boolean, except?: Socket): number;
  subscriberCount(topic: string): number;
}
