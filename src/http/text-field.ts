import { z } from "zod";
import { cleanText } from "../core/protocol/text.ts";

/** A short text, such as a title. Lone surrogates are refused and control characters removed, as in frames. */
export const textField = (maxLength: number) =>
  z
    .string()
    .max(maxLength, `must have at most ${maxLength} characters`)
    .refine((text) => text.isWellFormed(), "must not have lone surrogates")
    .transform(cleanText);
