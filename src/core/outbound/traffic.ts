import type { Reason } from "../protocol/refusal.ts";

/** All of them, so that each is shown before it first happens. */
const NO_REFUSALS: Readonly<Record<Reason, number>> = {
  not_json: 0,
  bad_envelope: 0,
  unknown_kind: 0,
  invalid: 0,
  too_long: 0,
  unauthenticated: 0,
  auth_timeout: 0,
  session_expired: 0,
  too_many_connections: 0,
  forbidden: 0,
  not_found: 0,
  conflict: 0,
  rate_limited: 0,
  room_rate_limited: 0,
  busy: 0,
  unavailable: 0,
  backpressure: 0,
  heartbeat_timeout: 0,
  server_restart: 0,
  internal: 0,
};

/** Refusals that answer no message: they end a connection. */
const ENDINGS: ReadonlySet<Reason> = new Set<Reason>([
  ...(["auth_timeout", "session_expired", "too_many_connections"] as const),
  ...(["backpressure", "heartbeat_timeout", "server_restart"] as const),
]);

/** Peers may close with any of 3,000 codes of their own: they are counted together. */
const STANDARD_CODES = 1_015;
export const OTHER_CODE = 0;

/**
 * The traffic of one protocol's connections since the start: counted here in plain fields, because
 * some of it is counted per message, and read from outside.
 */
export class Traffic {
  /** Connections. */
  opened = 0;
  /** How many connections have ended, by code; `OTHER_CODE` stands for peers' own. */
  readonly closed = new Map<number, number>();
  /** Messages that came in, good or bad. */
  received = 0;
  /** Frames given to sockets: one that is published counts once for each that gets it. */
  sent = 0;
  /** Connections that were closed because their peers read too slowly. */
  backpressure = 0;
  readonly refused: Record<Reason, number> = { ...NO_REFUSALS };
  /** Messages that were answered by an error. */
  errors = 0;

  refuses(reason: Reason, isAnswer: boolean): void {
    this.refused[reason]++;
    if (isAnswer && !ENDINGS.has(reason)) this.errors++;
  }

  ended(code: number, byPeer: boolean): void {
    const known = byPeer && code > STANDARD_CODES ? OTHER_CODE : code;
    this.closed.set(known, (this.closed.get(known) ?? 0) + 1);
  }

  /** Connections that are open. */
  get open(): number {
    let open = this.opened;
    for (const count of this.closed.values()) open -= count;
    return open;
  }
}
