import type { Clock } from "./clock.ts";
import type { Connection } from "./connection.ts";
import type { AnyProtocol } from "./protocol.ts";
import { Refusal } from "./refusal.ts";

/** Looked after this often at the least; oftener when intervals are short. */
const SWEEP_MS = 250;

/**
 * One timer for all connections, because ten thousand timers cost four times one sweep: pings, silent
 * peers, peers that never authenticate, tokens that run out.
 *
 * Bun's `idleTimeout` does not notice a silent peer that is being sent to, so `lastSeen` is kept here.
 */
export function startHeartbeat(
  clock: Clock,
  connections: () => Iterable<Connection>,
  protocols: readonly AnyProtocol[],
): void {
  const shortest = Math.min(...protocols.flatMap(({ timeouts }) => [timeouts.authMs, timeouts.heartbeatMs]));
  clock.every(Math.min(SWEEP_MS, Math.max(10, shortest / 4)), () => {
    const now = clock.now();
    for (const connection of connections()) if (connection.open) lookAfter(connection, now);
  });
}

function lookAfter(connection: Connection, now: number): void {
  const { authMs, heartbeatMs } = connection.protocol.timeouts;
  const { identity } = connection;
  if (now - connection.lastSeen > 2 * heartbeatMs) connection.refuse(new Refusal("heartbeat_timeout"));
  else if (identity && now >= identity.expiresAt) connection.refuse(new Refusal("session_expired"));
  else if (!identity && !connection.protocol.guests && now - connection.openedAt >= authMs) {
    connection.refuse(new Refusal("auth_timeout"));
  } else if (now >= connection.nextPing) {
    connection.nextPing = now + heartbeatMs;
    connection.socket.ping();
  }
}
