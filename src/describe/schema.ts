import { z } from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The examples that a schema carries (`.meta({ examples })`). */
export function examplesOf(schema: z.ZodType): readonly unknown[] {
  const examples = schema.meta()?.["examples"];
  return Array.isArray(examples) ? examples : [];
}

/**
 * The `input` side, of what is sent too: whoever reads it must live with fields that come later. Without the
 * examples, which are of parts: zod keeps what carries them apart from what is around it.
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
