/** Where to cut a text, best place first: between paragraphs, lines, sentences, words. */
const SEAMS = [/\n\n+/g, /\n/g, /[.!?…]["')\]]?\s+/g, /\s+/g];

/** Cuts a text into parts of at most `length` UTF-16 units, at the best place in each part's second half. */
export function split(text: string, length: number): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  while (rest.length > length) {
    // One unit more, because white space at the cut is dropped.
    const end = cut(rest.slice(0, length + 1), length);
    parts.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...parts, rest];
}

function cut(text: string, length: number): number {
  for (const seam of SEAMS) {
    const last = Array.from(text.matchAll(seam), ({ index, 0: found }) => index + found.length).findLast(
      (end) => end > length / 2,
    );
    if (last !== undefined) return last;
  }
  // Never between the halves of a surrogate pair.
  return length > 1 && /[\uD800-\uDBFF]/.test(text[length - 1]!) ? length - 1 : length;
}
