import type { TurnQueue } from "../log/turn-queue.ts";
import type { Connection } from "../outbound/connection.ts";
import type { Rooms } from "../outbound/rooms.ts";
import type { Clock } from "../ports/clock.ts";
import { numberOf } from "../protocol/generation.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import type { Schemas } from "../protocol/schemas.ts";
import type { SystemSender } from "../protocol/system-sender.ts";

export function createSystemSender(
  protocol: () => AnyProtocol,
  clock: Clock,
  turns: TurnQueue,
  rooms: Rooms,
  /** The connections of a user. */
  connectionsOf: (userId: string) => Iterable<Connection>,
  /** Joins a room that the connection has asked to resume. */
  resume: (connection: Connection, room: string) => void,
): SystemSender<Schemas, Record<string, unknown>> {
  const ownConnectionsOf = (userId: string) =>
    Array.from(connectionsOf(userId)).filter((connection) => connection.protocol === protocol());
  const frame = (kind: string, data: unknown) =>
    protocol().envelope(kind, JSON.stringify(data), { time: clock.now() });
  return {
    now: clock.now,
    record(room, kind, body, outcome = {}) {
      const entry = { protocol: protocol().name, room, kind, body, sender: null, clientId: null };
      turns.record(entry, outcome);
    },
    relay(room, kind, data) {
      turns.after(() => rooms.relay(room, frame(kind, data)), { room });
    },
    relayLocal(room, kind, data) {
      turns.after(() => rooms.publish(room, frame(kind, data)), { room });
    },
    announce(room, kind, data) {
      turns.after(() => rooms.announce(room, frame(kind, data)), { room });
    },
    hasWatchers: (room) => rooms.hasWatchers(room),
    isHeard: (room) => rooms.isHeard(room),
    enter(userId, room, admission) {
      for (const connection of ownConnectionsOf(userId)) {
        if (connection.resume?.has(room)) {
          resume(connection, room);
          continue;
        }
        const wasIn = connection.rooms.has(room);
        rooms.join(connection, room);
        // What the turn has stored after the admission is published next: it is behind this place.
        const isPlaced = admission && connection.offsets && !wasIn && connection.rooms.has(room);
        if (isPlaced) connection.send(frame("placed", { room, offset: numberOf(admission) }));
      }
    },
    exit(userId, room) {
      for (const connection of ownConnectionsOf(userId)) {
        connection.catchingUp?.delete(room);
        rooms.leave(connection, room);
      }
    },
  };
}
