import { z } from "zod";
import { toNfc } from "./text.ts";

/** For `refine`. A lone surrogate has no encoding in UTF-8. */
export const wellFormed = [(text: string) => text.isWellFormed(), "must not have lone surrogates"] as const;

/** A text that stays as it is. */
export const verbatim = (maxLength: number) =>
  z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .refine(...wellFormed);

/** Cleaning makes no text longer than by this factor. */
const MAX_GROWTH = 4;

/** A text that is cleaned for others to see, which can make it longer: NFC writes some letters as two or three. */
export const text = (maxLength: number) =>
  verbatim(maxLength).refine(
    (text) =>
      text.length * MAX_GROWTH <= maxLength || text.length > maxLength || toNfc(text).length <= maxLength,
    `must have at most ${maxLength} characters in NFC`,
  );

/** A text that people write. Its length, in characters, is the one limit that an operator sets. */
export const createContent = (maxLength: number) =>
  bounded(z.string().min(1, "must not be empty"), maxLength);

/** The same where a message may be empty. */
export const createPostedContent = (maxLength: number) => bounded(z.string(), maxLength);

const bounded = (schema: z.ZodString, maxLength: number) =>
  schema
    .refine((text) => text.length <= maxLength || Array.from(text).length <= maxLength, {
      message: `must have at most ${maxLength} characters`,
      params: { tooLong: true },
    })
    .refine(...wellFormed)
    .meta({ maxLength });
