import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";

/** What Bun reads before the program runs. */
const FILES = [
  ".env",
  ".env.local",
  ...["development", "production", "test"].flatMap((word) => [`.env.${word}`, `.env.${word}.local`]),
];

/**
 * The `.env` files of the working directory that are not UTF-8. Bun reads such a file all the same: of UTF-16 it
 * takes nothing, and says nothing.
 */
export function badEnvFiles(directory = process.cwd()): string[] {
  return FILES.filter((name) => {
    const bytes = read(`${directory}/${name}`);
    return bytes !== undefined && (!isUtf8(bytes) || bytes.includes(0));
  });
}

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
