import type { Clock } from "../../core/ports/clock.ts";
import type { Rejection } from "../../core/protocol/frames.ts";
import { type FieldIssue, type Reason, Refusal } from "../../core/protocol/refusal.ts";
import { encode, UnsupportedVersion } from "./frames.ts";

type Code =
  | "INVALID_MESSAGE"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "RATE_LIMIT"
  | "UNSUPPORTED_VERSION"
  | "NOT_INITIALIZED"
  | "INTERNAL";

/** Thrown for every message before `connection:init`. */
export class NotInitialized extends Refusal {
  constructor() {
    super("invalid", "connection:init must come first");
  }
}

interface More {
  readonly details?: readonly FieldIssue[];
  readonly retryable?: boolean;
  /** Milliseconds. */
  readonly retryAfter?: number | undefined;
}

/** An error with more wrong fields would be no clearer. */
const MAX_ISSUES = 10;
/** A user over the limit may have closed another connection by then. */
const TOO_MANY_RETRY_MS = 5_000;

/** Contract: Error Handling. */
export function createRefuse(clock: Clock): Record<Reason, (refusal: Refusal) => Rejection> {
  function error(code: Code, message: string, more: More = {}): string {
    const { details = null, retryable = false, retryAfter = null } = more;
    return encode("error", JSON.stringify({ code, message, details, retryable, retryAfter }), clock.now());
  }
  const errorFrame = (code: Code, message: string, more?: More) => (): Rejection => ({
    frame: error(code, message, more),
  });
  const close = (code: number, reason: string) => (): Rejection => ({ close: { code, reason } });
  const errorThenClose = (code: Code, message: string, closeCode: number, more?: More) => (): Rejection => ({
    frame: error(code, message, more),
    close: { code: closeCode, reason: message },
  });
  const invalid = (message: string, issues: readonly FieldIssue[]): Rejection => ({
    frame: error("INVALID_MESSAGE", message, { details: issues.slice(0, MAX_ISSUES) }),
  });
  const later = ({ retryAfter }: Refusal): More => ({ retryable: true, retryAfter });
  const tooFast = (refusal: Refusal): Rejection => ({
    frame: error("RATE_LIMIT", "Too many messages", later(refusal)),
  });
  const ofPayload = (issues: readonly FieldIssue[]): FieldIssue[] =>
    issues.map(({ path, message }) => ({ path: `payload.${path}`, message }));

  return {
    not_json: errorFrame("INVALID_MESSAGE", "Not JSON"),
    bad_envelope: (refusal) =>
      refusal instanceof UnsupportedVersion
        ? errorThenClose("UNSUPPORTED_VERSION", refusal.message, 1008)()
        : invalid("Not a message", refusal.issues),
    unknown_kind: errorFrame("INVALID_MESSAGE", "Unknown message type", {
      details: [{ path: "type", message: "no client sends this" }],
    }),
    invalid: (refusal) =>
      refusal instanceof NotInitialized
        ? { frame: error("NOT_INITIALIZED", refusal.message) }
        : invalid("Wrong fields", ofPayload(refusal.issues)),
    too_long: ({ issues }) => invalid("Too long", ofPayload(issues)),
    unauthenticated: errorThenClose("UNAUTHORIZED", "Authentication failed", 1008),
    auth_timeout: errorThenClose("UNAUTHORIZED", "Authentication timeout", 4001),
    session_expired: errorThenClose("UNAUTHORIZED", "Session expired", 4004),
    too_many_connections: errorThenClose("RATE_LIMIT", "Too many connections", 4008, {
      retryable: true,
      retryAfter: TOO_MANY_RETRY_MS,
    }),
    forbidden: errorFrame("FORBIDDEN", "No access to this stream"),
    conflict: errorFrame("INVALID_MESSAGE", "The id was used for another message"),
    not_found: errorFrame("INVALID_MESSAGE", "Unknown gift", {
      details: [{ path: "payload.giftId", message: "no gift of this stream" }],
    }),
    rate_limited: tooFast,
    room_rate_limited: tooFast,
    busy: (refusal) => ({ frame: error("INTERNAL", "Server busy", later(refusal)) }),
    unavailable: errorFrame("INTERNAL", "Tokens cannot be checked just now", { retryable: true }),
    backpressure: close(1008, "Backpressure"),
    heartbeat_timeout: close(1008, "Heartbeat timeout"),
    server_restart: close(1012, "Server restart"),
    internal: errorFrame("INTERNAL", "Internal server error", { retryable: true }),
  };
}
