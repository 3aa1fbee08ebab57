import type { Access } from "../inbound/access.ts";
import type { Connection } from "../outbound/connection.ts";
import type { Rooms } from "../outbound/rooms.ts";
import { Refusal } from "../protocol/refusal.ts";
import { kindOf } from "../protocol/room-name.ts";
import type { Connections } from "./connections.ts";
import type { Presence } from "./presence.ts";

export interface AccessChangeParts {
  readonly access: Access;
  readonly connections: Connections;
  readonly presence: Presence;
  readonly rooms: Rooms;
}

/** Applies changes of access to open connections. */
export class AccessChanges {
  constructor(private readonly parts: AccessChangeParts) {}

  /** A room has become, or may no longer be, the user's own. */
  ofMember(room: string, userId: string, isRemoved: boolean): void {
    for (const connection of this.parts.presence.of(userId)) {
      const { identity, protocol } = connection;
      if (!identity) continue;
      const isOut = isRemoved && protocol.removalEndsGrants === true;
      if (!isOut && this.parts.access.roomsOf(identity, protocol.roomKinds).has(room)) {
        protocol.onRoomGranted?.(this.parts.connections.contextOf(connection), room);
      } else {
        this.parts.rooms.unwatch(connection, room);
        if (isOut || !this.parts.access.may(identity, room)) this.#expel(connection, room);
      }
    }
  }

  /** A room is no longer open, or was removed: removes connections that may not be in it. */
  ofRoom(room: string, isRemoved = false): void {
    for (const connection of [...this.parts.connections.all]) {
      const { identity, protocol, rooms, state, watched } = connection;
      const isIn = rooms.has(room) || watched?.has(room) || connection.catchingUp?.has(room);
      if (!identity || !(isIn || protocol.isShownIn?.(state, room))) continue;
      if (isRemoved && protocol.removalEndsGrants) {
        // They were members, and no member is left, also if their token opens all rooms of the kind.
        if (this.parts.access.roomsOf(identity, protocol.roomKinds).has(room)) continue;
      } else if (this.parts.access.may(identity, room)) continue;
      this.parts.rooms.unwatch(connection, room);
      this.#expel(connection, room);
    }
  }

  /** A room was deleted; connections without access have left it. */
  ofRemoval(room: string): void {
    for (const connection of this.parts.rooms.members(room)) {
      connection.protocol.onRoomRemoved?.(this.parts.connections.contextOf(connection), room);
    }
  }

  #expel(connection: Connection, room: string): void {
    const { protocol, state } = connection;
    if (!protocol.roomKinds.includes(kindOf(room)) || protocol.isPublic?.(state)) return;
    const isIn = connection.rooms.has(room) || connection.catchingUp?.has(room);
    connection.catchingUp?.delete(room);
    protocol.onRoomRevoked?.(this.parts.connections.contextOf(connection), room);
    if (!isIn) return;
    this.parts.rooms.leave(connection, room);
    connection.refuse(new Refusal("forbidden"), undefined, false);
  }
}
