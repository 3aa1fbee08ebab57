import type { JsonSchema } from "./schema.ts";

/** A field of an object, at any depth: `data.messageIds`. */
export interface Field {
  readonly path: string;
  /** Required wherever its object is present. */
  readonly required: boolean;
  /** The type: `string`, `"join" or "leave"`. */
  readonly type: string;
  /** `at most 200 characters`. */
  readonly limits: string;
}

/** Every field of a JSON schema, those of nested objects too. For alternatives: the fields of all of them. */
export function fieldsOf(schema: JsonSchema, path = "", required = true): Field[] {
  const own = path === "" ? [] : [fieldOf(schema, path, required)];
  return merged([...own, ...within(schema, path)]);
}

function within(schema: JsonSchema, path: string): Field[] {
  const { properties = {}, required = [], items } = schema;
  const inProperties = Object.entries(properties).flatMap(([name, property]) =>
    fieldsOf(objectOf(property), path === "" ? name : `${path}.${name}`, required.includes(name)),
  );
  return [
    ...inProperties,
    ...(items === undefined || Array.isArray(items) ? [] : within(objectOf(items), `${path}[]`)),
    ...alternatives((schema.anyOf ?? schema.oneOf ?? []).map((part) => within(objectOf(part), path))),
  ];
}

/** A field that is missing in one alternative is not required. */
function alternatives(all: readonly Field[][]): Field[] {
  const isInAll = (path: string) => all.every((fields) => fields.some((field) => field.path === path));
  return all.flat().map((field) => ({ ...field, required: field.required && isInAll(field.path) }));
}

function merged(fields: readonly Field[]): Field[] {
  const byPath = Map.groupBy(fields, ({ path }) => path);
  return [...byPath].map(([path, same]) => ({
    path,
    required: same.every(({ required }) => required),
    type: [...new Set(same.map(({ type }) => type))].join(" or "),
    limits: [...new Set(same.map(({ limits }) => limits).filter((limits) => limits !== ""))].join(" or "),
  }));
}

const objectOf = (schema: JsonSchema | boolean): JsonSchema => (typeof schema === "boolean" ? {} : schema);

const fieldOf = (schema: JsonSchema, path: string, required: boolean): Field => ({
  ...{ path, required, type: typeOf(schema), limits: limitsOf(schema).join(", ") },
});

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" or ");
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return [...new Set(options.map((option) => typeOf(objectOf(option))))].join(" or ");
  if (schema.type === "array" && schema.items && !Array.isArray(schema.items)) {
    return `list of ${typeOf(objectOf(schema.items))}`;
  }
  return [schema.type ?? "anything"].flat().join(" or ");
}

/** A bound that only keeps a number exact is not shown. */
const isBound = (value: number) => Math.abs(value) < Number.MAX_SAFE_INTEGER;

function limitsOf(schema: JsonSchema): string[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, format } = schema;
  return [
    ...(format === undefined ? [] : [format]),
    ...(minimum !== undefined && isBound(minimum) ? [`at least ${minimum}`] : []),
    ...(maximum !== undefined && isBound(maximum) ? [`at most ${maximum}`] : []),
    ...(minLength === undefined ? [] : [minLength === 1 ? "not empty" : `at least ${minLength} characters`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(minItems === undefined ? [] : [minItems === 1 ? "not empty" : `at least ${minItems} of them`]),
    ...(maxItems === undefined ? [] : [`at most ${maxItems} of them`]),
    ...(schema.default === undefined ? [] : [`${JSON.stringify(schema.default)} by default`]),
  ];
}
