import type { Clock } from "../../core/clock.ts";
import type { No } from "../../core/protocol.ts";
import type { Reason, Refusal } from "../../core/refusal.ts";
import { error } from "./frames.ts";

/** Contract: Error Messages, Error Handling. */
export function createRefuse(clock: Clock): Record<Reason, (refusal: Refusal) => No> {
  const say = (text: string) => (): No => ({ frame: error(text, clock.now()) });
  const close = (code: number, reason: string) => (): No => ({ close: { code, reason } });
  const sayAndClose = (text: string, code: number) => (): No => ({
    frame: error(text, clock.now()),
    close: { code, reason: text },
  });

  return {
    not_json: say("Invalid JSON"),
    bad_envelope: ({ message }) => ({
      frame: error(message === "bad_envelope" ? "Invalid message format" : message, clock.now()),
    }),
    unknown_kind: say("Unknown message type"),
    invalid: ({ issues }) => ({
      frame: error(issues.map(({ path, message }) => `${path}: ${message}`).join("; "), clock.now()),
    }),
    too_long: say("Message too long"),
    unauthenticated: sayAndClose("Invalid token", 4003),
    auth_timeout: sayAndClose("Authentication timeout", 4001),
    session_expired: sayAndClose("Session expired", 4004),
    too_many_connections: sayAndClose("Connection limit exceeded", 4008),
    forbidden: say("Not a member of this guild"),
    not_found: say("Not found"),
    rate_limited: say("Rate limit exceeded"),
    room_rate_limited: say("Rate limit exceeded"),
    busy: say("Server busy, try again"),
    unavailable: say("Authentication unavailable, try again"),
    backpressure: close(1008, "Backpressure"),
    heartbeat_timeout: close(1008, "Heartbeat timeout"),
    server_restart: close(1012, "Server restart"),
    internal: say("Internal server error"),
  };
}
