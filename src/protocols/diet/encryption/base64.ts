import { z } from "zod";

/**
 * Base64 with its padding, to bytes. Canonical only, so that a text stands for its bytes alone and no other
 * spelling of them passes.
 */
export const base64 = z.string().transform((text, check) => {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") === text) return bytes;
  check.addIssue("must be base64");
  return z.NEVER;
});

export const base64Of = (length: number) =>
  base64.refine((bytes) => bytes.length === length, `must be ${length} bytes`);
