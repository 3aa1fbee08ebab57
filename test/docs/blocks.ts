import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dir, "../..");

export interface Block {
  /** After the opening fence: a language, and for a file its path. */
  readonly language: string;
  readonly path: string | undefined;
  readonly text: string;
}

/** The fenced blocks of a page, in order. */
export async function blocksOf(page: string): Promise<Block[]> {
  const source = await Bun.file(join(ROOT, page)).text();
  const fences = source.matchAll(/^```(\S*)(?: (\S+))?\n([\s\S]*?)^```$/gm);
  return Array.from(fences, ([, language = "", path, text = ""]) => ({ language, path, text }));
}
