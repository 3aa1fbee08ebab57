import type { z } from "zod";

/** A route as `/openapi.json` describes it. Beside each route lies its own. */
export interface Operation {
  readonly method: "get" | "put" | "post" | "delete";
  /** The whole of it, its parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** Parameters of the path that are more than a text. */
  readonly params?: Readonly<Record<string, z.ZodType>>;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** By status, but for problems. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of the problems that are its own. */
  readonly problems?: readonly number[];
}

/** JSON of this schema, a text of this media type, or nothing. */
type Answer = z.ZodType | string | null;
