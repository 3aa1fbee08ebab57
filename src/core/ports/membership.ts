/** The members of rooms, whom backends set. */
export interface Members {
  isMember(room: string, userId: string): boolean;
  memberCount(room: string): number;
}

/** What backends set for rooms: their members, and which rooms are open to all. */
export interface Membership extends Pick<Members, "isMember"> {
  isOpen(room: string): boolean;
  /** Rooms of which the user is a member. */
  roomsOf(userId: string): readonly string[];
}

export interface Revocations {
  /** Tokens of the user issued before this time are refused; 0: no token is. Milliseconds since the epoch. */
  revokedBefore(userId: string): number;
}
