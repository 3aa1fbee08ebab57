import type { Identity } from "../ports/identity.ts";
import type { Membership } from "../ports/membership.ts";
import { ROOM_NAME } from "../protocol/identifiers.ts";
import { allOf, kindOf } from "../protocol/room-name.ts";

/** The one place that decides who may be in a room, for every protocol. */
export class Access {
  constructor(private readonly membership: Membership) {}

  /** The token grants the room, or a membership row does, or the room is open. */
  may(identity: Identity, room: string): boolean {
    return (
      granted(identity.grants, room) ||
      this.membership.isMember(room, identity.userId) ||
      this.membership.isOpen(room)
    );
  }

  /**
   * The rooms of these kinds that are the user's own: granted by name, or by membership. `guild:*` stands for
   * all of a kind, and comes first. A grant that is no name of a room opens nothing.
   */
  roomsOf(identity: Identity, kinds: readonly string[]): Set<string> {
    const named = identity.grants.filter((grant) => ROOM_NAME.test(grant));
    const all = [...named, ...this.membership.roomsOf(identity.userId)];
    const wildcards = kinds.map(allOf).filter((every) => granted(identity.grants, every));
    return new Set([...wildcards, ...all.filter((room) => kinds.includes(kindOf(room)))]);
  }
}

function granted(grants: readonly string[], room: string): boolean {
  if (grants.length === 0) return false;
  return grants.includes(room) || grants.includes("*") || grants.includes(allOf(kindOf(room)));
}
