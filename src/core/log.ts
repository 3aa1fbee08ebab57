/**
 * What a handler wants recorded. It is applied in log order, alike on every node and by every version
 * in the field, so it carries all that its `apply` needs: no clock, no randomness, no socket.
 */
export interface Entry<Body = unknown> {
  /** Format of this envelope. */
  readonly v: 1;
  /** Unique, and the same when the entry is appended again. */
  readonly id: string;
  /** The one room it belongs to. */
  readonly room: string;
  /** Whose `applies` it is for; "" is the core itself. */
  readonly protocol: string;
  readonly kind: string;
  /** User id of the sender; null for agents, backends and guests. */
  readonly sender: string | null;
  /** The sender's own id for the message; a repeat of it is confirmed, not applied. */
  readonly clientId: string | null;
  /** Milliseconds since the epoch, where it came in. */
  readonly time: number;
  readonly body: Body;
}

/** The entries of one turn of one node. */
export interface Batch {
  readonly id: number;
  readonly entries: readonly Entry[];
}

/** Called for each batch in log order; `position` is that of its first entry, and leaves no gap. */
export type Apply = (position: number, batch: Batch) => void;

export interface Log {
  /**
   * Queues a batch. Never waits and never throws: true once it is queued, after which the sender hears
   * only of the result of applying; false when the queue is full.
   */
  append(batch: Batch): boolean;
}
