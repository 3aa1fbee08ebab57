import { Connections } from "../../src/core/live/connections.ts";
import { Connection } from "../../src/core/outbound/connection.ts";
import { Rooms } from "../../src/core/outbound/rooms.ts";
import type { Socket } from "../../src/core/ports/socket.ts";

/**
 * Looks into the connections of the servers in this process, from now until `restore`: what Bun holds for them
 * after every frame that leaves, and what it does to them by itself.
 */
export function watchConnections() {
  const connections = new Set<Connection>();
  /** Bun's own code for the end of a socket: 1006 is also what its fuse gives. */
  const codes = new Map<Connection, number>();
  let highest = 0;
  let dropped = 0;

  const { opened } = Connection.prototype;
  const { closed } = Connections.prototype;
  const { announce, publish } = Rooms.prototype;

  function look(): void {
    for (const connection of connections) {
      if (connection.open) highest = Math.max(highest, connection.socket.getBufferedAmount());
    }
  }

  Connection.prototype.opened = function (this: Connection, socket: Socket) {
    opened.call(this, socket);
    connections.add(this);
    const send = socket.send.bind(socket);
    socket.send = (frame) => {
      const result = send(frame);
      if (result === 0 && this.open) dropped++;
      look();
      return result;
    };
  };
  Connections.prototype.closed = function (this: Connections, connection, code, reason) {
    codes.set(connection, code);
    connections.delete(connection);
    closed.call(this, connection, code, reason);
  };
  Rooms.prototype.publish = function (this: Rooms, ...args) {
    publish.apply(this, args);
    look();
  };
  Rooms.prototype.announce = function (this: Rooms, ...args) {
    announce.apply(this, args);
    look();
  };

  return {
    /** The most bytes that Bun ever held for one open socket. */
    get highest() {
      return highest;
    },
    /** Frames that Bun refused to take for an open connection. */
    get dropped() {
      return dropped;
    },
    /** The open connection of this user. */
    of: (userId: string) => [...connections].find(({ identity }) => identity?.userId === userId),
    codeOf: (userId: string) => [...codes].find(([{ identity }]) => identity?.userId === userId)?.[1],
    restore() {
      Connection.prototype.opened = opened;
      Connections.prototype.closed = closed;
      Object.assign(Rooms.prototype, { announce, publish });
    },
  };
}
