import { z } from "zod";

/**
 * Converts padded base64 to bytes. Only the canonical spelling passes, so that a text has exactly one
 * meaning.
 */
export const base64 = z.string().transform((text, check) => {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") === text) return bytes;
  check.addIssue("must be base64");
  return z.NEVER;
});

export const base64Of = (length: number) =>
  base64.refine((bytes) => bytes.length === length, `must be ${length} bytes`);
