import type { Clock } from "../../core/ports/clock.ts";
import type { Rejection } from "../../core/protocol/frames.ts";
import type { Reason, Refusal } from "../../core/protocol/refusal.ts";
import { error } from "./frames.ts";

/** Contract: Error Messages, Error Handling. */
export function createRefuse(clock: Clock): Record<Reason, (refusal: Refusal) => Rejection> {
  const errorFrame = (text: string) => (): Rejection => ({ frame: error(text, clock.now()) });
  const close = (code: number, reason: string) => (): Rejection => ({ close: { code, reason } });
  const errorThenClose = (text: string, code: number) => (): Rejection => ({
    frame: error(text, clock.now()),
    close: { code, reason: text },
  });

  return {
    not_json: errorFrame("Invalid JSON"),
    bad_envelope: ({ message }) => ({
      frame: error(message === "bad_envelope" ? "Invalid message format" : message, clock.now()),
    }),
    unknown_kind: errorFrame("Unknown message type"),
    invalid: ({ issues }) => ({
      frame: error(issues.map(({ path, message }) => `${path}: ${message}`).join("; "), clock.now()),
    }),
    too_long: errorFrame("Message too long"),
    unauthenticated: errorThenClose("Invalid token", 4003),
    auth_timeout: errorThenClose("Authentication timeout", 4001),
    session_expired: errorThenClose("Session expired", 4004),
    too_many_connections: errorThenClose("Connection limit exceeded", 4008),
    forbidden: errorFrame("Not a member of this guild"),
    not_found: errorFrame("Not found"),
    conflict: errorFrame("The id was used for another message"),
    rate_limited: errorFrame("Rate limit exceeded"),
    room_rate_limited: errorFrame("Rate limit exceeded"),
    busy: errorFrame("Server busy, try again"),
    unavailable: errorFrame("Authentication unavailable, try again"),
    backpressure: close(1008, "Backpressure"),
    heartbeat_timeout: close(1008, "Heartbeat timeout"),
    server_restart: close(1012, "Server restart"),
    internal: errorFrame("Internal server error"),
  };
}
