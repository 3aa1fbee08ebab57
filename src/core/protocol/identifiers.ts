import { z } from "zod";

const VISIBLE = "must be 1 to 128 visible characters";

/** An id of anything: no white space, no control characters, no lone surrogates; `*` stands for all. */
export const id = z.string().regex(/^(?!(?:\*|\.\.?)$)[^\s\p{C}]{1,128}$/u, VISIBLE);

/** A room's name, `kind:id`. */
export const roomName = z
  .string()
  .regex(/^[a-z]+:(?!\*$)[^\s\p{C}]{1,128}$/u, `must be kind:id, the id ${VISIBLE}`);
