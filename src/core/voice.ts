import type { Clock } from "./clock.ts";
import type { EntryOf, EventOf } from "./context.ts";
import type { Presence } from "./presence.ts";
import type { AnyProtocol, Body, Schemas } from "./protocol.ts";
import type { Rooms } from "./rooms.ts";
import type { Waiting } from "./speak.ts";
import type { TurnQueue } from "./turn.ts";

/** How a protocol speaks to rooms. Everything waits for its place in the turn, after the commit. */
export interface Voice<Out extends Schemas, Entries> {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Appends an entry of nobody's: an agent's answer. */
  record<K extends EntryOf<Entries>>(
    room: string,
    kind: K,
    body: Entries[K],
    outcome?: Pick<Waiting, "applied" | "refused">,
  ): void;
  /** Publishes without storing; may be lost in a crash. */
  relay<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  /** To those who watch the room and have not joined it. */
  announce<K extends EventOf<Out>>(room: string, kind: K, data: Body<Out, K>): void;
  hasWatchers(room: string): boolean;
  /** All connections of a user join at once. Call it when an event that makes it so is `stored`. */
  enter(userId: string, room: string): void;
  /** And leave. */
  exit(userId: string, room: string): void;
}

export function createVoice(
  protocol: () => AnyProtocol,
  clock: Clock,
  turns: TurnQueue,
  rooms: Rooms,
  presence: Presence,
): Voice<Schemas, Record<string, unknown>> {
  const connectionsOf = (userId: string) =>
    Array.from(presence.of(userId)).filter((connection) => connection.protocol === protocol());
  const frame = (kind: string, data: unknown) =>
    protocol().envelope(kind, JSON.stringify(data), { time: clock.now() });
  return {
    now: clock.now,
    record(room, kind, body, outcome = {}) {
      const entry = { protocol: protocol().name, room, kind, body, sender: null, clientId: null };
      turns.record(entry, outcome);
    },
    relay(room, kind, data) {
      turns.after(() => rooms.publish(room, frame(kind, data)));
    },
    announce(room, kind, data) {
      turns.after(() => rooms.announce(room, frame(kind, data)));
    },
    hasWatchers: (room) => rooms.hasWatchers(room),
    enter(userId, room) {
      for (const connection of connectionsOf(userId)) rooms.join(connection, room);
    },
    exit(userId, room) {
      for (const connection of connectionsOf(userId)) rooms.leave(connection, room);
    },
  };
}
