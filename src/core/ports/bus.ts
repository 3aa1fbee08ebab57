/** The other nodes: tells them what is in no log, of which some may be lost, and shares work with them. */
export interface Bus {
  /** For the room's connections there. */
  relay(room: string, frame: string): void;
  /** The connections of this node say this now under a key of a roster; nothing, when none says anything. */
  rosterChanged(roster: string, group: string, key: string, values: readonly unknown[]): void;
  /**
   * How many live nodes come before this one for work that one node does for all, such as what falls due in a room.
   * Nodes may disagree for some seconds, so the work is done twice or late without harm.
   */
  rank(work: string): number;
}
