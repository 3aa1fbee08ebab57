import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";

const OTHERS_MAY_WRITE = 0o002;

/**
 * The text of a file that holds a secret, or words that the server speaks. Throws an `Error` that says what is
 * wrong with it; never with anything from it.
 */
export function readPrivateFile(file: string): string {
  const about = statSync(file);
  const bytes = readFileSync(file);
  if (about.isFile() && (about.mode & OTHERS_MAY_WRITE) !== 0)
    throw new Error(`everybody may write it: chmod o-w ${file}`);
  if (!isUtf8(bytes) || bytes.includes(0)) throw new Error("it is not UTF-8");
  return new TextDecoder().decode(bytes);
}
