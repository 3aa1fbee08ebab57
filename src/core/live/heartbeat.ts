import type { Connection } from "../outbound/connection.ts";
import type { Clock } from "../ports/clock.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import { Refusal } from "../protocol/refusal.ts";

/** Looked after this often at the least; oftener when intervals are short. */
const SWEEP_MS = 250;
/** A sweep that is early or late by this much shows that the clock was set or the process was held up. */
const JUMP_MS = 2_000;

/**
 * One timer for all connections, because ten thousand timers cost four times one sweep: pings, silent peers, peers
 * that never authenticate, tokens that run out. Bun's `idleTimeout` does not notice a silent peer that is being sent
 * to, so `lastSeen` is kept here. Time in which the server could not receive anything is not counted as silence.
 */
export function startHeartbeat(
  clock: Clock,
  connections: () => Iterable<Connection>,
  protocols: readonly AnyProtocol[],
): void {
  const shortest = Math.min(...protocols.flatMap(({ timeouts }) => [timeouts.authMs, timeouts.heartbeatMs]));
  const everyMs = Math.min(SWEEP_MS, Math.max(10, shortest / 4));
  let sweptAt = clock.now();
  clock.every(everyMs, () => {
    const now = clock.now();
    const jump = now - sweptAt - everyMs;
    sweptAt = now;
    for (const connection of connections()) {
      if (Math.abs(jump) >= JUMP_MS) connection.countFrom(now);
      if (connection.open) checkAlive(connection, now);
    }
  });
}

function checkAlive(connection: Connection, now: number): void {
  const { authMs, heartbeatMs } = connection.protocol.timeouts;
  const { identity } = connection;
  if (now - connection.lastSeen > 2 * heartbeatMs) connection.refuse(new Refusal("heartbeat_timeout"));
  else if (identity && now >= identity.expiresAt) connection.refuse(new Refusal("session_expired"));
  else if (!identity && !connection.protocol.guests && now - connection.openedAt >= authMs) {
    connection.refuse(new Refusal("auth_timeout"));
  } else if (now >= connection.nextPing) {
    connection.nextPing = now + heartbeatMs;
    // Its own pings keep it from being silent, but it takes nothing: what waits for it would wait for ever.
    if (connection.isStuck()) connection.refuse(new Refusal("backpressure"));
    else connection.socket.ping();
  }
}
