/** Every way the core says no. A protocol maps all of them to its own words. */
export type Reason =
  /** Not JSON, or nested too deeply to be looked at. */
  | "not_json"
  /** A binary frame, or JSON that is not this protocol's envelope. */
  | "bad_envelope"
  | "unknown_kind"
  /** A field is missing or wrong; `issues` name it. */
  | "invalid"
  /** A text longer than allowed. */
  | "too_long"
  | "unauthenticated"
  | "auth_timeout"
  | "session_expired"
  | "too_many_connections"
  | "forbidden"
  | "not_found"
  /** The id was used for another message: this one is no repeat of it, and is not stored. */
  | "conflict"
  /** `retryAfter` says when to come again. */
  | "rate_limited"
  /** The room has had as many messages as it may; `retryAfter` says when to come again. */
  | "room_rate_limited"
  /** The log takes nothing more just now; `retryAfter` says when to come again. */
  | "busy"
  /** Something this answer needs (an agent, a key set) cannot be had. */
  | "unavailable"
  | "backpressure"
  | "heartbeat_timeout"
  | "server_restart"
  | "internal";

export interface FieldIssue {
  /** Dotted, from the root of the message: `data.chatId`. */
  readonly path: string;
  readonly message: string;
}

interface Detail {
  readonly issues?: readonly FieldIssue[];
  /** Milliseconds. */
  readonly retryAfter?: number;
  /** Why, for the log. Never shown to the peer, never a token or a text. */
  readonly cause?: unknown;
}

/** Thrown anywhere below the pipeline; answered in one place, in the sender's dialect. */
export class Refusal extends Error {
  readonly issues: readonly FieldIssue[];
  readonly retryAfter: number | undefined;

  constructor(
    readonly reason: Reason,
    message: string = reason,
    detail: Detail = {},
  ) {
    super(message, { cause: detail.cause });
    this.issues = detail.issues ?? [];
    this.retryAfter = detail.retryAfter;
  }
}
