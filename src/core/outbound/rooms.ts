import type { Publisher } from "../ports/socket.ts";
import type { Diversion } from "../protocol/diversion.ts";
import { allOf, kindOf } from "../protocol/room-name.ts";
import type { Connection } from "./connection.ts";
import { ConnectionIndex } from "./connection-index.ts";

/** Room names hold no white space, so no room has the topic of another's watchers. */
const watchersOf = (room: string) => `${room} watchers`;

const isWildcard = (room: string) => room === allOf(kindOf(room));

/**
 * Who is in which room now, and fan-out. The room is the topic: an event is encoded once and published
 * natively. Connections with a diversion are on the room's short list instead.
 */
export class Rooms {
  readonly #members = new ConnectionIndex();
  readonly #diverted = new ConnectionIndex();
  /** How often somebody is in all rooms of a kind: nearly always 0, and then no message asks for them. */
  #wildcards = 0;

  constructor(
    private readonly publisher: () => Publisher,
    private readonly spent: (frame: string) => void,
    /** The last member has left. */
    private readonly emptied: (room: string) => void,
  ) {}

  /** Whoever is `deaf` is in it and hears nothing of it. */
  join(connection: Connection, room: string, deaf = false): void {
    // Whoever is in all rooms of the kind gets this one's events already.
    const isIn = connection.rooms.has(room) || connection.rooms.has(allOf(kindOf(room)));
    if (!connection.open || isIn) return;
    connection.rooms.add(room);
    if (isWildcard(room)) this.#wildcards++;
    this.#members.add(room, connection);
    if (deaf) return;
    if (connection.diversion) this.#diverted.add(room, connection);
    else connection.socket.subscribe(room);
    if (connection.watched.has(room)) connection.socket.unsubscribe(watchersOf(room));
  }

  /** From now on the frames of its rooms go this way. Not for a connection that is deaf in one of them. */
  divert(connection: Connection, diversion: Diversion): void {
    if (!connection.open) return;
    for (const room of connection.diversion ? [] : connection.rooms) {
      connection.socket.unsubscribe(room);
      this.#diverted.add(room, connection);
    }
    connection.diversion = diversion;
  }

  leave(connection: Connection, room: string): void {
    if (!connection.rooms.delete(room)) return;
    if (isWildcard(room)) this.#wildcards--;
    if (connection.diversion) {
      connection.diversion.flush();
      this.#diverted.remove(room, connection);
    } else if (connection.open) connection.socket.unsubscribe(room);
    if (connection.open && connection.watched.has(room)) connection.socket.subscribe(watchersOf(room));
    if (this.#members.remove(room, connection)) this.emptied(room);
  }

  /** From now on hears the room's announcements while it has not joined. */
  watch(connection: Connection, room: string): void {
    if (!connection.open || connection.watched.has(room)) return;
    connection.watched.add(room);
    if (!connection.rooms.has(room)) connection.socket.subscribe(watchersOf(room));
  }

  unwatch(connection: Connection, room: string): void {
    if (!connection.watched.delete(room)) return;
    if (connection.open && !connection.rooms.has(room)) connection.socket.unsubscribe(watchersOf(room));
  }

  /** For a socket that has closed: Bun has dropped its subscriptions itself. */
  leaveAll(connection: Connection): void {
    for (const room of connection.rooms) this.leave(connection, room);
    connection.watched.clear();
  }

  /** To every member, but for `except`, and to those who are in all rooms of the kind. */
  publish(room: string, frame: string, except?: Connection): void {
    this.#publishTo(room, frame, except);
    if (this.#wildcards === 0) return;
    const all = allOf(kindOf(room));
    if (this.#members.has(all)) this.#publishTo(all, frame, except);
  }

  #publishTo(room: string, frame: string, except?: Connection): void {
    if (!this.#members.has(room)) return;
    const isSubscriber = except?.open && except.rooms.has(room) && !except.diversion;
    this.publisher().publish(room, frame, false, isSubscriber ? except.socket : undefined);
    this.spent(frame);
    countSent(this.#members.of(room), this.publisher().subscriberCount(room) - (isSubscriber ? 1 : 0));
    for (const connection of this.#diverted.of(room)) {
      if (connection !== except) connection.diversion?.deliver(frame);
    }
  }

  /** To those who watch the room and have not joined it. */
  announce(room: string, frame: string): void {
    this.publisher().publish(watchersOf(room), frame, false);
    this.spent(frame);
  }

  hasWatchers(room: string): boolean {
    return this.publisher().subscriberCount(watchersOf(room)) > 0;
  }

  has(room: string): boolean {
    return this.#members.has(room);
  }

  /** Somebody is in it, or in all rooms of its kind. */
  isHeard(room: string): boolean {
    return this.#members.has(room) || (this.#wildcards > 0 && this.#members.has(allOf(kindOf(room))));
  }

  members(room: string): Iterable<Connection> {
    return this.#members.of(room);
  }

  size(room: string): number {
    return this.#members.size(room);
  }

  /** Rooms that have members now. */
  get names(): Iterable<string> {
    return this.#members.names;
  }

  /** How many rooms of this kind have members now. */
  count(kind: string): number {
    let count = 0;
    for (const room of this.#members.names) if (room.startsWith(`${kind}:`)) count++;
    return count;
  }
}

/** A room's connections are all of one protocol. */
function countSent(members: Iterable<Connection>, frames: number): void {
  for (const { traffic } of members) {
    traffic.sent += frames;
    return;
  }
}
