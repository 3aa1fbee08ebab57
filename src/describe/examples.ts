import type { z } from "zod";

/** The examples that a schema carries (`.meta({ examples })`). */
export function examplesOf(schema: z.ZodType): readonly unknown[] {
  const examples = schema.meta()?.["examples"];
  return Array.isArray(examples) ? examples : [];
}
