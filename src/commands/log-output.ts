import { writeSync } from "node:fs";

/**
 * Writes lines to a file that may not take them: a full disk, a pipe that nobody reads. A line that cannot be written
 * is lost and counted; an error would be logged, fail as well, and never end.
 */
export class LogOutput {
  /** Lines lost since the start. */
  lost = 0;
  #untold = 0;
  /** The rest of a line of which a part was written. */
  #rest: Uint8Array = new Uint8Array();

  constructor(
    private readonly file: number,
    /** Hears how many lines were lost, once the log can be written again. */
    private readonly recovered: (lost: number) => void,
  ) {}

  write(line: string): void {
    if (!this.#flush() || !this.#begin(Buffer.from(line))) {
      this.lost++;
      this.#untold++;
      return;
    }
    const untold = this.#untold;
    this.#untold = 0;
    if (untold > 0) this.recovered(untold);
  }

  /** False when not a byte of it could be written. */
  #begin(line: Uint8Array): boolean {
    this.#rest = line;
    if (this.#flush() || this.#rest.length < line.length) return true;
    this.#rest = new Uint8Array();
    return false;
  }

  #flush(): boolean {
    try {
      while (this.#rest.length > 0) this.#rest = this.#rest.subarray(writeSync(this.file, this.#rest));
      return true;
    } catch {
      return false;
    }
  }
}
