/** Guards as data: what must hold before a handler sees a message. */
export interface Rule<Message, State = unknown> {
  /** Counts towards the limit of messages that its room may get a minute. */
  readonly broadcasts?: boolean;
  readonly allow: "guest" | "user";
  /** Its cost to the rate limit. A function is called once per message, before validation. */
  readonly cost: number | ((state: State) => number);
  /** The room it is about, if it is about one: the sender must have access to it. */
  room?(message: Message, state: State): string | undefined;
  /** The sender leaves that room, and may do so without access: a node that is behind catches up first. */
  readonly leaves?: boolean;
  /** The user that it names as its sender. A message that names another user is refused. */
  sender?(message: Message): string | undefined;
  /** Whether a connection may send it at all. For other connections it is an unknown kind. */
  at?(state: State): boolean;
}

/** A message, decoded and not yet checked. */
export interface Incoming {
  readonly kind: string;
  readonly body: unknown;
  /** The client's id for it, for the answer. */
  readonly ref?: string;
}
