import type { Identity } from "./identity.ts";

/** Whom a backend has made members. */
export interface Members {
  isMember(room: string, userId: string): boolean;
  memberCount(room: string): number;
}

/** What a backend has said about rooms: who is a member, which are open to all. */
export interface Membership extends Pick<Members, "isMember"> {
  isOpen(room: string): boolean;
  /** Rooms of which the user is a member. */
  roomsOf(userId: string): readonly string[];
}

export interface Revocations {
  /** Tokens of the user issued before this time are refused; 0 when none are. Milliseconds since the epoch. */
  revokedBefore(userId: string): number;
}

export const kindOf = (room: string): string => room.slice(0, room.indexOf(":"));

/** The name that stands for all rooms of a kind. */
export const allOf = (kind: string): string => `${kind}:*`;

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
   * all of a kind, and comes first.
   */
  roomsOf(identity: Identity, kinds: readonly string[]): Set<string> {
    const all = [...identity.grants, ...this.membership.roomsOf(identity.userId)];
    const wildcards = kinds.map(allOf).filter((every) => granted(identity.grants, every));
    return new Set([...wildcards, ...all.filter((room) => kinds.includes(kindOf(room)))]);
  }
}

function granted(grants: readonly string[], room: string): boolean {
  if (grants.length === 0) return false;
  return grants.includes(room) || grants.includes("*") || grants.includes(allOf(kindOf(room)));
}
