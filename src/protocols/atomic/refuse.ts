import type { Clock } from "../../core/ports/clock.ts";
import type { Rejection } from "../../core/protocol/frames.ts";
import type { Reason, Refusal } from "../../core/protocol/refusal.ts";
import { error } from "./frames.ts";
import { ContextLost } from "./refusals.ts";

/** An error with more wrong fields would be no clearer. */
const MAX_ISSUES = 5;

type Refuse = (refusal: Refusal, ref?: string) => Rejection;

/** Contract: Message Format, Rate Limiting. */
export function createRefuse(clock: Clock): Record<Reason, Refuse> {
  const no = (text: string, ref: string | undefined, code?: number): Rejection => ({
    frame: error(text, clock.now(), ref),
    ...(code !== undefined && { close: { code, reason: text } }),
  });
  const errorFrame =
    (text: string): Refuse =>
    (_refusal, ref) =>
      no(text, ref);
  const close = (code: number, reason: string) => (): Rejection => ({ close: { code, reason } });
  const errorThenClose =
    (text: string, code: number): Refuse =>
    (_refusal, ref) =>
      no(text, ref, code);
  /** Uses the refusal's own text where it has one. */
  const own =
    (text: string): Refuse =>
    ({ message, reason }, ref) =>
      no(message === reason ? text : message, ref);
  const fields: Refuse = ({ issues }, ref) => {
    const named = issues.slice(0, MAX_ISSUES).map(({ path, message }) => `${path || "data"}: ${message}`);
    return no(named.join("; "), ref);
  };

  return {
    not_json: errorFrame("Invalid JSON"),
    bad_envelope: own("Invalid message format"),
    unknown_kind: errorFrame("Unknown message type"),
    invalid: fields,
    too_long: fields,
    unauthenticated: errorThenClose("Authentication failed", 1008),
    auth_timeout: errorThenClose("Authentication timeout", 4001),
    session_expired: errorThenClose("Session expired", 4004),
    too_many_connections: errorThenClose("Connection limit exceeded", 4008),
    forbidden: (refusal, ref) =>
      refusal instanceof ContextLost
        ? { close: { code: 1008, reason: refusal.message } }
        : own("Access denied")(refusal, ref),
    not_found: own("Not found"),
    conflict: own("The id was used for another message"),
    rate_limited: errorThenClose("Rate limit exceeded", 1008),
    room_rate_limited: errorFrame("Room rate limit exceeded"),
    busy: errorFrame("Server busy, try again"),
    unavailable: errorFrame("Authentication unavailable, try again"),
    backpressure: close(1008, "Backpressure"),
    heartbeat_timeout: close(1008, "Heartbeat timeout"),
    server_restart: close(1012, "Server restart"),
    internal: errorFrame("Internal server error"),
  };
}
