/** One change of a text, in UTF-16 units: at `position`, `length` of them go, and `content` comes in their place. */
export interface Change {
  readonly position: number;
  readonly length: number;
  readonly content: string;
}

export const changed = (text: string, { position, length, content }: Change): string =>
  text.slice(0, position) + content + text.slice(position + length);

/** Whether a position is between the two units of one character. */
export const isInsideCharacter = (text: string, position: number): boolean =>
  position > 0 && /^[\ud800-\udbff][\udc00-\udfff]$/.test(text.slice(position - 1, position + 1));

/** Where a position is after a change; right behind its text is where it was, left of what comes. */
export function moved(at: number, { position, length, content }: Change): number {
  if (at <= position) return at;
  return Math.max(position, at - length) + content.length;
}

/** From `start` up to `end`, without what is at `end`. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Where a stretch of text is after a change. Text that has come into it is not of it, and parts it. */
export function partsAfter({ start, end }: Stretch, { position, length, content }: Change): Stretch[] {
  const shift = content.length - length;
  const left = { start, end: Math.min(end, position) };
  const right = { start: Math.max(start, position + length) + shift, end: end + shift };
  return [left, right].filter((part) => part.start < part.end);
}
