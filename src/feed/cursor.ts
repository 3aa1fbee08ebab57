import type { Cursor } from "../core/ports/feed-store.ts";

/** Before the first event. */
export const START: Cursor = { position: 0, ordinal: 0 };

const DIGITS = 5;

/**
 * A decimal number, so that consumers can compare and store it as a 64-bit integer; written as text, since the numbers
 * of JSON stop being exact at 16 digits. The last five digits are the ordinal.
 */
export const formatCursor = ({ position, ordinal }: Cursor): string =>
  position === 0 ? "0" : `${position}${String(ordinal).padStart(DIGITS, "0")}`;

/** Undefined where the text is no cursor. */
export function parseCursor(text: string): Cursor | undefined {
  if (text === "0") return START;
  if (!/^[1-9]\d{5,20}$/.test(text)) return undefined;
  const position = Number(text.slice(0, -DIGITS));
  return Number.isSafeInteger(position) ? { position, ordinal: Number(text.slice(-DIGITS)) } : undefined;
}

/** Negative where `one` comes before `other`. */
export const compareCursors = (one: Cursor, other: Cursor): number =>
  one.position - other.position || one.ordinal - other.ordinal;
