/** Contract diet-game: `getConnectionState`. Between two attempts it is connecting. */
export type ConnectionState = "connecting" | "connected" | "disconnected" | "error";

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/** What a closing calls for: another attempt, one with another token, or none, because none can help. */
export type Verdict = "retry" | "token" | "stop";

/** Contract diet-game: ConnectionEvent. */
export interface ConnectionEvent {
  readonly type: "connected" | "disconnected" | "error" | "reconnecting" | "resumed";
  /** ISO 8601. */
  readonly timestamp: string;
  readonly data?: Partial<Closing> & {
    /** The next attempt, the first being 1, and in how many milliseconds it is made. */
    readonly attempt?: number;
    readonly nextAttemptIn?: number;
    /** Why the last attempt failed, or why no other is made. */
    readonly error?: Error;
    /** Whether the client gets every event of the room from `after` to `until`; `reason` says why not. */
    readonly resumed?: "complete" | "incomplete";
    readonly room?: string;
    readonly after?: number;
    readonly until?: number;
  };
}

export interface ConnectOptions {
  /** Milliseconds after which the attempts are given up, unless the server has let the client in. */
  readonly timeout?: number;
}

/** The client has given up connecting. */
export class ConnectionFailed extends Error {
  override readonly name = "ConnectionFailed";
  constructor(
    message: string,
    readonly closing: Closing,
    cause: Error,
  ) {
    super(message, { cause });
  }
}

export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

/** Never came from a server (RFC 6455, 7.1.5). */
export const ABNORMAL = 1006;
/** A policy (RFC 6455, 7.4.1): no other attempt can help. */
export const POLICY = 1008;
/** Of this code: these pass by themselves. */
const PASSING = ["Backpressure", "Heartbeat timeout", "Rate limit exceeded", "Authentication unavailable"];

/** By the codes that the contracts have in common. */
export function verdictOf(code: number, reason: string): Verdict {
  if (code === 4003 || code === 4004) return "token";
  if (code !== POLICY || PASSING.includes(reason)) return "retry";
  return reason === "Authentication failed" ? "token" : "stop";
}
