/** Guards as data: what must hold before a handler sees a message. */
export interface Rule<Message, State = unknown> {
  /** Counts towards what its room may have a minute. */
  readonly broadcasts?: boolean;
  readonly allow: "guest" | "user";
  /** Its cost to the rate limit. A function is called once per message, before validation. */
  readonly cost: number | ((state: State) => number);
  /** The room it is about, if it is about one: the sender must have access to it. */
  room?(message: Message, state: State): string | undefined;
  /** The id that it names as its sender: anybody else's is refused. */
  sender?(message: Message): string | undefined;
  /** The connections that may say it at all: to any other it is an unknown kind. */
  at?(state: State): boolean;
}

/** A message, decoded and not yet checked. */
export interface Incoming {
  readonly kind: string;
  readonly body: unknown;
  /** The client's id for it, for the answer. */
  readonly ref?: string;
}
