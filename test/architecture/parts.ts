import { dirname, join, relative, resolve } from "node:path";
import { Glob } from "bun";

export const ROOT = resolve(import.meta.dir, "../..");
export const SRC = join(ROOT, "src");
/** The package of the clients has its parts beside those of `src`. */
export const CLIENT = join(ROOT, "packages/client/src");

/** The part that a file belongs to: `core`, `config`, `protocols/all`, `protocols/gurukul`, `client/testing`. */
export function partOf(file: string): string {
  const inClient = relative(CLIENT, file);
  if (!inClient.startsWith(".."))
    return /^(validate|testing)(?=\/)/.test(inClient) ? `client/${dirname(inClient)}` : "client";
  return /^(protocols\/[^/.]+|[^/.]+)/.exec(relative(SRC, file))?.[0] ?? "";
}

/** Every source file that the table is about. */
export async function* sources(): AsyncGenerator<string> {
  for (const folder of [SRC, CLIENT]) {
    for await (const file of new Glob("**/*.{ts,tsx}").scan(folder)) yield join(folder, file);
  }
}

export const isPart = (path: string): boolean =>
  [SRC, CLIENT].some((folder) => path.startsWith(`${folder}/`));
