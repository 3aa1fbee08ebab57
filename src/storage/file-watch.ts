import { statSync } from "node:fs";

/**
 * Notices that files of a running server were removed, or replaced by others of the same name. SQLite goes on writing
 * to the files that it has open, which are lost when the process ends.
 */
export class FileWatch {
  readonly #known = new Map<string, string>();

  constructor(private readonly files: readonly string[]) {
    this.check();
  }

  /** Why the file cannot be used; undefined if it can. A file that was moved away and back counts as the same. */
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
