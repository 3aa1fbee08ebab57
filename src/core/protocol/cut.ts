const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const ELLIPSIS = "…";

/**
 * The text in at most `length` UTF-16 units. A longer text ends with the last whole character, as a reader counts
 * characters, that leaves room for an ellipsis.
 */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text.toWellFormed();
  const room = length - ELLIPSIS.length;
  const kept = room <= 0 ? "" : text.slice(0, characterEnd(text, room)).toWellFormed().trimEnd();
  // Of a text that says nothing up to there, an ellipsis would say something.
  return kept === "" ? "" : kept + ELLIPSIS;
}

/**
 * The end of the last whole character within the first `length` UTF-16 units. A character that alone is longer is
 * parted between its code points.
 */
export function characterEnd(text: string, length: number): number {
  if (text.length <= length) return text.length;
  // Whether a character ends here depends on what is before, and on the next code point.
  const start = segmenter.segment(text.slice(0, length + 2)).containing(length)?.index ?? 0;
  if (start > 0) return start;
  return length > 1 && /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) ? length - 1 : length;
}
