import type { Clock } from "../../core/ports/clock.ts";
import type { Rejection } from "../../core/protocol/frames.ts";
import type { FieldIssue, Reason, Refusal } from "../../core/protocol/refusal.ts";
import type { Settings } from "../../core/protocol/settings.ts";
import { iso } from "../../core/protocol/time.ts";
import { isForbiddenToClients } from "./catalogue.ts";
import { encode, type Failure, failure, rateLimited, turnedAway, typeOf } from "./frames.ts";

/** The window of `messagesPerMinute`, in milliseconds. */
const WINDOW_MS = 60_000;
const MAX_ISSUES = 50;
/** Clients reconnect at a random moment within this time after a restart, not all at once. */
const SPREAD_MS = 5_000;
const MAX_ATTEMPTS = 10;

type Say = (refusal: Refusal, ref?: string) => Rejection;

/** Contract: Error Handling, Schema Validation, Rate Limiting, Connection Recovery. */
export function createRefuse(clock: Clock, { messagesPerMinute }: Settings): Record<Reason, Say> {
  const no = (what: Failure, ref?: string): Rejection => ({ frame: failure(what, ref, clock.now()) });
  const errorFrame =
    (code: Failure["code"], message: string): Say =>
    (_, ref) =>
      no({ code, message }, ref);
  const close =
    (code: number, reason: string): Say =>
    () => ({ close: { code, reason } });
  const errorThenClose =
    (code: Failure["code"], message: string, closeCode: number): Say =>
    () => ({ ...no({ code, message }), close: { code: closeCode, reason: message } });
  const wrong =
    (text: string): Say =>
    ({ message, reason, issues }, ref) =>
      no(
        {
          code: "INVALID_MESSAGE_FORMAT",
          message: message === reason ? text : message,
          ...(issues.length > 0 && { details: validation(issues) }),
        },
        ref,
      );
  const tooFast: Say = ({ retryAfter = 0 }, ref) => {
    const now = clock.now();
    const data = { limit: messagesPerMinute, window: WINDOW_MS, resetTime: iso(now + retryAfter) };
    return { frame: rateLimited(data, "Too many messages", ref, now) };
  };

  return {
    not_json: wrong("Not JSON"),
    bad_envelope: wrong("Not a message"),
    unknown_kind: (refusal, ref) =>
      isForbiddenToClients(typeOf(ref))
        ? no({ code: "FORBIDDEN", message: "Clients may not send this" }, ref)
        : wrong("Unknown message type")(refusal, ref),
    invalid: wrong("Wrong fields"),
    too_long: wrong("Too long"),
    unauthenticated: () => ({
      frame: turnedAway("AUTHENTICATION_FAILED", "Authentication failed"),
      close: { code: 4003, reason: "Authentication failed" },
    }),
    auth_timeout: errorThenClose("CONNECTION_TIMEOUT", "Authentication timeout", 4001),
    session_expired: errorThenClose("AUTHENTICATION_FAILED", "Session expired", 4004),
    too_many_connections: () => ({
      frame: turnedAway("RATE_LIMIT_EXCEEDED", "Too many connections"),
      close: { code: 4008, reason: "Too many connections" },
    }),
    forbidden: errorFrame("FORBIDDEN", "Not allowed"),
    // The same answer as for something that belongs to another user, so that nobody learns which of the two
    // it is.
    not_found: errorFrame("FORBIDDEN", "Not allowed"),
    conflict: errorFrame("INVALID_MESSAGE_FORMAT", "The id was used for another message"),
    rate_limited: tooFast,
    room_rate_limited: tooFast,
    busy: errorFrame("SERVICE_UNAVAILABLE", "Server busy, try again"),
    unavailable: ({ message, reason }, ref) =>
      no(
        {
          code: "SERVICE_UNAVAILABLE",
          message: message === reason ? "Not available just now, try again" : message,
        },
        ref,
      ),
    backpressure: close(1008, "Backpressure"),
    heartbeat_timeout: errorThenClose("CONNECTION_TIMEOUT", "Heartbeat timeout", 1008),
    server_restart: () => ({
      frame: encode("reconnect", JSON.stringify(soon()), { time: clock.now() }),
      close: { code: 1012, reason: "Server restart" },
    }),
    internal: errorFrame("INTERNAL_SERVER_ERROR", "Internal server error"),
  };
}

const soon = () => ({
  attempt: 1,
  maxAttempts: MAX_ATTEMPTS,
  nextAttemptIn: Math.ceil(Math.random() * SPREAD_MS),
});

/** Contract: Schema Validation, ValidationResult. */
const validation = (issues: readonly FieldIssue[]) => ({
  isValid: false,
  errors: issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => ({ field: path, message, code: "INVALID_FIELD" })),
});
