import { characterEnd } from "../../core/protocol/cut.ts";

/** Where to cut a text, best place first: between paragraphs, lines, sentences, words. */
const SEAMS = [/\n\n+/g, /\n/g, /[.!?…]["')\]]?\s+/g, /\s+/g];

/** Cuts a text into parts of at most `length` UTF-16 units, at the best place in each part's second half. */
export function split(text: string, length: number): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest.length > length) {
    const end = cut(rest, length);
    parts.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...parts, rest];
}

function cut(rest: string, length: number): number {
  // One unit more, because white space at the cut is dropped.
  const text = rest.slice(0, length + 1);
  for (const seam of SEAMS) {
    const last = Array.from(text.matchAll(seam), ({ index, 0: found }) => index + found.length).findLast(
      (end) => end > length / 2,
    );
    if (last !== undefined) return last;
  }
  return characterEnd(rest, length);
}
