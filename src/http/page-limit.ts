import { z } from "zod";

const MAX = 1_000;
const range = `must be 1 to ${MAX}`;

/** How many rows a page may have, as the query says. */
export const pageLimit = (byDefault: number) =>
  z.coerce.number(range).int(range).min(1, range).max(MAX, range).default(byDefault);
