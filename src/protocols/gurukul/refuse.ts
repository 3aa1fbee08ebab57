import type { Clock } from "../../core/clock.ts";
import type { No } from "../../core/protocol.ts";
import type { Reason, Refusal } from "../../core/refusal.ts";
import { envelope } from "./frames.ts";

/** Contract: Error Handling. */
export function createRefuse(clock: Clock): Record<Reason, (refusal: Refusal) => No> {
  const error = (code: number, message: string): string =>
    envelope("error", JSON.stringify({ message, code }), clock.now());
  const say = (code: number, message: string) => (): No => ({ frame: error(code, message) });
  const close = (code: number, reason: string) => (): No => ({ close: { code, reason } });
  const sayAndClose = (code: number, message: string, closeCode: number) => (): No => ({
    frame: error(code, message),
    close: { code: closeCode, reason: message },
  });

  return {
    not_json: say(400, "Invalid JSON"),
    bad_envelope: say(400, "Invalid message format"),
    unknown_kind: say(400, "Unknown message type"),
    invalid: ({ issues }) => ({ frame: error(400, fields(issues)) }),
    too_long: ({ issues }) => ({ frame: error(413, fields(issues)) }),
    unauthenticated: sayAndClose(401, "Authentication failed", 1008),
    auth_timeout: sayAndClose(401, "Authentication timeout", 4001),
    session_expired: sayAndClose(401, "Session expired", 4004),
    too_many_connections: sayAndClose(429, "Connection limit exceeded", 4008),
    forbidden: ({ message }) => ({
      frame: error(403, message === "forbidden" ? "Access denied to chat" : "userId: must be your own"),
    }),
    not_found: say(404, "Message not found"),
    rate_limited: say(429, "Rate limit exceeded"),
    room_rate_limited: say(429, "Rate limit exceeded"),
    busy: say(503, "Server busy, try again"),
    unavailable: ({ message }) => ({ frame: error(503, message) }),
    backpressure: close(1008, "Backpressure"),
    heartbeat_timeout: close(1008, "Heartbeat timeout"),
    server_restart: close(1012, "Server restart"),
    internal: say(500, "Internal server error"),
  };
}

/** A list of more wrong ids would be no clearer. */
const MAX_ISSUES = 5;

const fields = (issues: Refusal["issues"]): string =>
  issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => `${path || "data"}: ${message}`)
    .join("; ");
