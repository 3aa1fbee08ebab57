/** The other nodes: sends them what is in no log, which may get lost, and divides work among them. */
export interface Bus {
  /** For the room's connections there. */
  relay(room: string, frame: string): void;
  /** The values of this node's connections under a key of a roster are these now. */
  rosterChanged(roster: string, group: string, key: string, values: readonly unknown[]): void;
  /**
   * How many live nodes come before this one for work that one node does for all, such as what falls due in a room.
   * Nodes may disagree for some seconds, so the work is done twice or late without harm.
   */
  rank(work: string): number;
}
