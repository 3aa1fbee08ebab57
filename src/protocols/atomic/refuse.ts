import type { Clock } from "../../core/clock.ts";
import type { No } from "../../core/protocol.ts";
import { type Reason, Refusal } from "../../core/refusal.ts";
import { error } from "./frames.ts";

/** The connection has lost access to its context and has already been told so. */
export class ContextLost extends Refusal {
  constructor() {
    super("forbidden", "No longer in the context");
  }
}

/** Refuses a message with one wrong field. */
export const wrong = (path: string, message: string): Refusal =>
  new Refusal("invalid", "invalid", { issues: [{ path, message }] });

/** An error with more wrong fields would be no clearer. */
const MAX_ISSUES = 5;

type Refuse = (refusal: Refusal, ref?: string) => No;

/** Contract: Message Format, Rate Limiting. */
export function createRefuse(clock: Clock): Record<Reason, Refuse> {
  const no = (text: string, ref: string | undefined, code?: number): No => ({
    frame: error(text, clock.now(), ref),
    ...(code !== undefined && { close: { code, reason: text } }),
  });
  const say =
    (text: string): Refuse =>
    (_refusal, ref) =>
      no(text, ref);
  const close = (code: number, reason: string) => (): No => ({ close: { code, reason } });
  const sayAndClose =
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
    not_json: say("Invalid JSON"),
    bad_envelope: own("Invalid message format"),
    unknown_kind: say("Unknown message type"),
    invalid: fields,
    too_long: fields,
    unauthenticated: sayAndClose("Authentication failed", 1008),
    auth_timeout: sayAndClose("Authentication timeout", 4001),
    session_expired: sayAndClose("Session expired", 4004),
    too_many_connections: sayAndClose("Connection limit exceeded", 4008),
    forbidden: (refusal, ref) =>
      refusal instanceof ContextLost
        ? { close: { code: 1008, reason: refusal.message } }
        : own("Access denied")(refusal, ref),
    not_found: own("Not found"),
    rate_limited: sayAndClose("Rate limit exceeded", 1008),
    room_rate_limited: say("Room rate limit exceeded"),
    busy: say("Server busy, try again"),
    unavailable: say("Authentication unavailable, try again"),
    backpressure: close(1008, "Backpressure"),
    heartbeat_timeout: close(1008, "Heartbeat timeout"),
    server_restart: close(1012, "Server restart"),
    internal: say("Internal server error"),
  };
}
