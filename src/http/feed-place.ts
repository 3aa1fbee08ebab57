import type { Cursor } from "../core/ports/feed-store.ts";
import { formatCursor } from "../feed/cursor.ts";
import { BeyondEnd, Expired, type Feed, type Place } from "../feed/feed.ts";
import { invalid, Problem } from "./problem.ts";

export interface PlaceDependencies {
  readonly feed: Feed;
  /**
   * Of several nodes: resolves when everything is applied here that their log holds now, or rejects with a `Refusal`
   * when that takes too long.
   */
  readonly caughtUp?: (() => Promise<void>) | undefined;
}

/** The place of a position that a backend has sent in this field. */
export function placeOf(
  { feed, caughtUp }: PlaceDependencies,
  field: string,
  cursor: Cursor,
): Place | Promise<Place> {
  try {
    return feed.placeOf(cursor);
  } catch (error) {
    if (!(error instanceof BeyondEnd)) return explainExpired(error);
    // Another node, which has applied more than this one, may have told the backend of this position.
    if (caughtUp) return caughtUp().then(() => placeOf({ feed }, field, cursor));
    throw invalid(
      field,
      "is beyond the end of the log: it is another server's, or this one was restored from a backup",
    );
  }
}

export function explainExpired(error: unknown): never {
  if (!(error instanceof Expired)) throw error;
  const oldest = formatCursor(error.oldest);
  const detail = `Retention has removed events after this position; go on with ${oldest}, after which none is missing`;
  throw new Problem(410, detail, undefined, { oldest });
}
