import { z } from "zod";

/** For `refine`. A lone surrogate has no encoding in UTF-8. */
export const wellFormed = [(text: string) => text.isWellFormed(), "must not have lone surrogates"] as const;

export const text = (maxLength: number) =>
  z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .refine(...wellFormed);

/** A text that people write. Its length, in characters, is the one limit that an operator sets. */
export const createContent = (maxLength: number) =>
  z
    .string()
    .min(1, "must not be empty")
    .refine((text) => text.length <= maxLength || Array.from(text).length <= maxLength, {
      message: `must have at most ${maxLength} characters`,
      params: { tooLong: true },
    })
    .refine(...wellFormed)
    .meta({ maxLength });
