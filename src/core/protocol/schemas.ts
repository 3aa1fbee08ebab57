import type { z } from "zod";

export type Schemas = Record<string, z.ZodType>;

export type Body<S extends Schemas, Kind extends keyof S> = z.output<S[Kind]>;
