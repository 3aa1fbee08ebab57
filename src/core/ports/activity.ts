/** Keeps when users were last active. */
export interface Activity {
  /** Milliseconds since the epoch, by user id. */
  save(lastActive: ReadonlyMap<string, number>): void;
}
