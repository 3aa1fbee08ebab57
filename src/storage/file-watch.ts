import { statSync } from "node:fs";

/**
 * Notices that files of a running server were removed, or that others took their names. SQLite goes on writing to
 * the files that it has open, and what it writes there is gone with the process.
 */
export class FileWatch {
  readonly #known = new Map<string, string>();

  constructor(private readonly files: readonly string[]) {
    this.check();
  }

  /** What is wrong now; undefined when all is well. A file that is put back is the same again. */
  check(): string | undefined {
    for (const file of this.files) {
      const found = identityOf(file);
      const known = this.#known.get(file);
      if (known === found) continue;
      if (known !== undefined) return `${file} was ${found === undefined ? "removed" : "replaced"}`;
      if (found !== undefined) this.#known.set(file, found);
    }
    return undefined;
  }
}

function identityOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino}`;
}
