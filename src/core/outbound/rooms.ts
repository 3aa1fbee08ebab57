import type { Publisher } from "../ports/socket.ts";
import type { Diversion } from "../protocol/diversion.ts";
import { NameSet } from "../protocol/name-set.ts";
import { allOf, kindOf } from "../protocol/room-name.ts";
import type { Connection } from "./connection.ts";
import { ConnectionIndex } from "./connection-index.ts";

/** Room names hold no white space, so no room has the topic of another's watchers. */
const watchersOf = (room: string) => `${room} watchers`;
/** Connections that want offsets hear the room here: their frames differ. */
const numberedOf = (room: string) => `${room} offsets`;

const topicOf = ({ offsets }: Connection, room: string) => (offsets ? numberedOf(room) : room);

const isWildcard = (room: string) => room === allOf(kindOf(room));

/**
 * Who is in which room now, and fan-out. The room is the topic: an event is encoded once and published
 * natively. Connections with a diversion are on the room's short list instead.
 */
export class Rooms {
  readonly #members = new ConnectionIndex();
  readonly #diverted = new ConnectionIndex();
  /** Members that want offsets, diverted or not. */
  readonly #numbered = new ConnectionIndex();
  /** Members that hear nothing of the room. */
  readonly #muted = new ConnectionIndex();
  /** How many subscriptions of watchers there are, of all rooms. */
  #watchers = 0;
  /** How often somebody is in all rooms of a kind: nearly always 0, and then no message asks for them. */
  #wildcards = 0;

  constructor(
    private readonly publisher: () => Publisher,
    private readonly spent: (frame: string) => void,
    /** The last member has left. */
    private readonly emptied: (room: string) => void,
    /** Where there are other nodes: hands them a frame for their members. */
    private readonly relayed?: (room: string, frame: string) => void,
  ) {}

  /** A `muted` connection is in the room and gets none of its frames. */
  join(connection: Connection, room: string, muted = false): void {
    // A connection that is in all rooms of the kind gets this room's events already.
    const all = allOf(kindOf(room));
    const isIn = connection.rooms.has(room) || connection.rooms.has(all);
    // Its missed events come first.
    const isCatchingUp = connection.catchingUp?.has(room) || connection.catchingUp?.has(all);
    if (!connection.open || isIn || isCatchingUp) return;
    connection.rooms.add(room);
    if (isWildcard(room)) this.#wildcards++;
    this.#members.add(room, connection);
    if (connection.watched?.has(room)) {
      this.#watchers--;
      connection.socket.unsubscribe(watchersOf(room));
    }
    if (muted) {
      this.#muted.add(room, connection);
      return;
    }
    if (connection.offsets) this.#numbered.add(room, connection);
    if (connection.diversion) this.#diverted.add(room, connection);
    else connection.socket.subscribe(topicOf(connection, room));
  }

  /** From now on the frames of its rooms go this way. Not for a connection that is muted in one of them. */
  divert(connection: Connection, diversion: Diversion): void {
    if (!connection.open) return;
    for (const room of connection.diversion ? [] : connection.rooms) {
      connection.socket.unsubscribe(topicOf(connection, room));
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
    } else if (connection.open) connection.socket.unsubscribe(topicOf(connection, room));
    if (connection.offsets) this.#numbered.remove(room, connection);
    if (this.#muted.total > 0) this.#muted.remove(room, connection);
    if (connection.watched?.has(room)) {
      this.#watchers++;
      if (connection.open) connection.socket.subscribe(watchersOf(room));
    }
    if (this.#members.remove(room, connection)) this.emptied(room);
  }

  /** From now on hears the room's announcements while it has not joined. */
  watch(connection: Connection, room: string): void {
    if (!connection.open || connection.watched?.has(room)) return;
    connection.watched ??= new NameSet();
    connection.watched.add(room);
    if (connection.rooms.has(room)) return;
    this.#watchers++;
    connection.socket.subscribe(watchersOf(room));
  }

  unwatch(connection: Connection, room: string): void {
    if (!connection.watched?.delete(room) || connection.rooms.has(room)) return;
    this.#watchers--;
    if (connection.open) connection.socket.unsubscribe(watchersOf(room));
  }

  /** For a socket that has closed: Bun has dropped its subscriptions itself. */
  leaveAll(connection: Connection): void {
    for (const room of connection.rooms) this.leave(connection, room);
    this.#watchers -= connection.watched?.size ?? 0;
    connection.watched = undefined;
  }

  /**
   * To every member, but for `except`, and to those who are in all rooms of the kind. `numbered` is the frame for those
   * who want offsets.
   */
  publish(room: string, frame: string, except?: Connection, numbered = frame): void {
    this.#publishTo(room, frame, except, numbered);
    if (this.#wildcards === 0) return;
    const all = allOf(kindOf(room));
    if (this.#members.has(all)) this.#publishTo(all, frame, except, numbered);
  }

  /** To every member on all nodes, but for `except`, of what is in no log. */
  relay(room: string, frame: string, except?: Connection): void {
    this.publish(room, frame, except);
    this.relayed?.(room, frame);
  }

  /** Whether somebody who hears the room wants offsets. */
  wantsOffsets(room: string): boolean {
    if (this.#numbered.total === 0) return false;
    return this.#numbered.has(room) || (this.#wildcards > 0 && this.#numbered.has(allOf(kindOf(room))));
  }

  #publishTo(room: string, frame: string, except: Connection | undefined, numbered: string): void {
    if (!this.#members.has(room)) return;
    const isSubscriber = except?.open && except.rooms.has(room) && !except.diversion;
    const isNumbered = except?.offsets === true;
    this.#publishOn(room, frame, isSubscriber && !isNumbered ? except : undefined, room);
    if (this.#numbered.total > 0 && this.#numbered.has(room)) {
      this.#publishOn(numberedOf(room), numbered, isSubscriber && isNumbered ? except : undefined, room);
    }
    if (this.#diverted.total === 0) return;
    for (const connection of this.#diverted.of(room)) {
      if (connection !== except) connection.diversion?.deliver(connection.offsets ? numbered : frame);
    }
  }

  #publishOn(topic: string, frame: string, except: Connection | undefined, room: string): void {
    this.publisher().publish(topic, frame, false, except?.socket);
    this.spent(frame);
    // A room's connections are all of one protocol.
    const traffic = this.#members.first(room)?.traffic;
    if (traffic) traffic.sent += this.#subscribers(topic, room) - (except ? 1 : 0);
  }

  /** Bun looks the topic up to count. */
  #subscribers(topic: string, room: string): number {
    const isAll = this.#diverted.total + this.#numbered.total + this.#muted.total === 0;
    return isAll ? this.#members.size(room) : this.publisher().subscriberCount(topic);
  }

  /** To those who watch the room and have not joined it. */
  announce(room: string, frame: string): void {
    this.publisher().publish(watchersOf(room), frame, false);
    this.spent(frame);
  }

  hasWatchers(room: string): boolean {
    return this.#watchers > 0 && this.publisher().subscriberCount(watchersOf(room)) > 0;
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
