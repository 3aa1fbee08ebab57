import { z } from "zod";

type Path = readonly string[];

/** A copy with the value at the path; undefined takes the field away. */
export function changed(data: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  const copy: Record<string, unknown> = { ...(data as Record<string, unknown>) };
  copy[key] = changed(copy[key], rest, value);
  if (copy[key] === undefined) delete copy[key];
  return Array.isArray(data) ? Object.assign([...data], copy) : copy;
}

export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], data);
}

export const exampleOf = (schema: z.ZodType): unknown => {
  const { examples } = schema.meta() ?? {};
  if (!Array.isArray(examples) || examples.length !== 1) throw new Error("must have one example");
  return examples[0];
};

interface Json {
  readonly properties?: Record<string, Json>;
  readonly items?: Json;
}

/** The paths of all its fields, as it says so itself. */
export function pathsOf(schema: z.ZodType): string[] {
  const walk = ({ properties = {}, items }: Json, at: string): string[] => [
    ...Object.entries(properties).flatMap(([key, inner]) => [`${at}${key}`, ...walk(inner, `${at}${key}.`)]),
    ...(items ? [`${at}0`, ...walk(items, `${at}0.`)] : []),
  ];
  return walk(z.toJSONSchema(schema, { io: "input" }) as Json, "");
}
