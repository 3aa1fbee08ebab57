/** A file without a name, for data that is too much for memory and can be made again. It ends with the process. */
export interface Scratch {
  /** Returns the position, in bytes. */
  write(words: Int32Array): number;
  /** Fills `into` from a position. */
  read(position: number, into: Int32Array): void;
  /** The words at this position are no longer needed. */
  free(position: number, words: number): void;
}
