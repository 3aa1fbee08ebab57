/**
 * A fact that a handler records. It is applied in log order, with the same result on every node and by every version
 * in the field, so it carries everything that its `apply` needs: no clock, no randomness, no socket.
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
