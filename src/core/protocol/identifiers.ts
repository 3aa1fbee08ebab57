import { z } from "zod";

const VISIBLE = "must be 1 to 128 visible characters";
const MAX_CHARACTERS = 128;
const FIRST_VISIBLE = 0x21;
const LAST_VISIBLE = 0x7e;
/** Texts up to this length may be `*`, `.` or `..`, which are no ids. */
const LONGEST_RESERVED = 2;

/** Letters that show nothing, such as U+3164, U+034F and the empty pattern of Braille. */
const INVISIBLE = /^[\s\p{C}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/**
 * An id of anything: no white space, no control characters, no lone surrogates, something to be seen; `*` stands for
 * all, and a URL drops `.` and `..`.
 */
export const ID = /^(?!(?:\*|\.\.?|[\p{Default_Ignorable_Code_Point}\u2800]+)$)[^\s\p{C}]{1,128}$/u;

/** Nearly every id is ASCII. A loop takes 15 ns for one, the expression 19, and 85 while it is not compiled. */
function isPlainId(text: string): boolean {
  if (text.length <= LONGEST_RESERVED || text.length > MAX_CHARACTERS) return false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < FIRST_VISIBLE || code > LAST_VISIBLE) return false;
  }
  return true;
}

export const id = z
  .string()
  .refine((text) => isPlainId(text) || ID.test(text), VISIBLE)
  .meta({ pattern: ID.source });

/** A room's name, `kind:id`. */
export const ROOM_NAME = /^[a-z]+:(?!(?:\*|[\p{Default_Ignorable_Code_Point}\u2800]+)$)[^\s\p{C}]{1,128}$/u;
export const roomName = z.string().regex(ROOM_NAME, `must be kind:id, the id ${VISIBLE}`);

/** Whether a reader sees nothing of the text. */
export const isInvisible = (text: string): boolean => INVISIBLE.test(text);
