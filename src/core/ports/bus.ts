/** Tells the other nodes what is in no log. Some of it may be lost. */
export interface Bus {
  /** For the room's connections there. */
  relay(room: string, frame: string): void;
  /** The connections of this node say this now under a key of a roster; nothing, when none says anything. */
  rosterChanged(roster: string, group: string, key: string, values: readonly unknown[]): void;
}
