import type { z } from "zod";

/** A route as `/openapi.json` describes it. Each file of routes exports its own. */
export interface Operation {
  readonly method: "get" | "put" | "post" | "delete";
  /** The full path, with its parameters in braces. */
  readonly path: string;
  readonly summary: string;
  /** Parameters of the path that are not simple texts. */
  readonly params?: Readonly<Record<string, z.ZodType>>;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Answers by status, without the problems. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of the problems that this route can return. */
  readonly problems?: readonly number[];
}

/** JSON of this schema, a text of this media type, or nothing. */
type Answer = z.ZodType | string | null;
