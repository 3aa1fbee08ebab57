import type { Clock } from "../../core/ports/clock.ts";
import type { Rejection } from "../../core/protocol/frames.ts";
import type { Reason, Refusal } from "../../core/protocol/refusal.ts";
import { envelope } from "./frames.ts";

/** Contract: Error Handling. */
export function createRefuse(clock: Clock): Record<Reason, (refusal: Refusal) => Rejection> {
  const error = (code: number, message: string): string =>
    envelope("error", JSON.stringify({ message, code }), clock.now());
  const errorFrame = (code: number, message: string) => (): Rejection => ({ frame: error(code, message) });
  const close = (code: number, reason: string) => (): Rejection => ({ close: { code, reason } });
  const errorThenClose = (code: number, message: string, closeCode: number) => (): Rejection => ({
    frame: error(code, message),
    close: { code: closeCode, reason: message },
  });

  return {
    not_json: errorFrame(400, "Invalid JSON"),
    bad_envelope: errorFrame(400, "Invalid message format"),
    unknown_kind: errorFrame(400, "Unknown message type"),
    invalid: ({ issues }) => ({ frame: error(400, fields(issues)) }),
    too_long: ({ issues }) => ({ frame: error(413, fields(issues)) }),
    unauthenticated: errorThenClose(401, "Authentication failed", 1008),
    auth_timeout: errorThenClose(401, "Authentication timeout", 4001),
    session_expired: errorThenClose(401, "Session expired", 4004),
    too_many_connections: errorThenClose(429, "Connection limit exceeded", 4008),
    forbidden: ({ message }) => ({
      frame: error(403, message === "forbidden" ? "Access denied to chat" : "userId: must be your own"),
    }),
    not_found: errorFrame(404, "Message not found"),
    conflict: errorFrame(409, "messageId was used for another message"),
    rate_limited: errorFrame(429, "Rate limit exceeded"),
    room_rate_limited: errorFrame(429, "Rate limit exceeded"),
    busy: errorFrame(503, "Server busy, try again"),
    unavailable: ({ message }) => ({ frame: error(503, message) }),
    backpressure: close(1008, "Backpressure"),
    heartbeat_timeout: close(1008, "Heartbeat timeout"),
    server_restart: close(1012, "Server restart"),
    internal: errorFrame(500, "Internal server error"),
  };
}

/** A list of more wrong ids would be no clearer. */
const MAX_ISSUES = 5;

const fields = (issues: Refusal["issues"]): string =>
  issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => `${path || "data"}: ${message}`)
    .join("; ");
