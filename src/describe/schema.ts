import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The examples that a schema carries (`.meta({ examples })`). */
export function examplesOf(schema: z.ZodType): readonly unknown[] {
  const examples = schema.meta()?.["examples"];
  return Array.isArray(examples) ? examples : [];
}

/**
 * Uses the `input` side for sent frames too: a reader must accept fields that are added later. Leaves the
 * examples of parts out, because zod separates a schema that carries them from the schema around it.
 */
export function jsonSchema(schema: z.ZodType, target: "draft-7" | "draft-2020-12"): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    ...{ target, io: "input", unrepresentable: "any" },
    override({ jsonSchema }) {
      delete jsonSchema.examples;
    },
  });
  return json;
}

/** A name in a document: letters, digits, dots, dashes and underscores. */
export const nameOf = (...parts: readonly string[]): string => parts.join(".").replace(/[^\w.-]/g, "_");
