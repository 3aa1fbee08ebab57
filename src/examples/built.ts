import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Where `bun run build:examples` puts them. */
const FOLDER = join(import.meta.dir, "../../dist/examples");

/**
 * The built pages of examples/pages, by their paths under `/examples/`; undefined where they have not been built. The
 * build of the binary puts another module in this one's place, with the files in it.
 */
export function builtPages(): ReadonlyMap<string, Uint8Array<ArrayBuffer>> | undefined {
  try {
    const files = readdirSync(FOLDER, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    return new Map(
      files.map(({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [relative(FOLDER, path), new Uint8Array(readFileSync(path))];
      }),
    );
  } catch {
    return undefined;
  }
}
