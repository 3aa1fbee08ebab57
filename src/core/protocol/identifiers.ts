import { z } from "zod";

const VISIBLE = "must be 1 to 128 visible characters";

/** Letters that show nothing, such as U+3164, U+034F and the empty pattern of Braille. */
const INVISIBLE = /^[\s\p{C}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

/**
 * An id of anything: no white space, no control characters, no lone surrogates, something to be seen; `*` stands for
 * all, and a URL drops `.` and `..`.
 */
export const ID = /^(?!(?:\*|\.\.?|[\p{Default_Ignorable_Code_Point}\u2800]+)$)[^\s\p{C}]{1,128}$/u;
export const id = z.string().regex(ID, VISIBLE);

/** A room's name, `kind:id`. */
export const roomName = z
  .string()
  .regex(
    /^[a-z]+:(?!(?:\*|[\p{Default_Ignorable_Code_Point}\u2800]+)$)[^\s\p{C}]{1,128}$/u,
    `must be kind:id, the id ${VISIBLE}`,
  );

/** Whether a reader sees nothing of the text. */
export const isInvisible = (text: string): boolean => INVISIBLE.test(text);
