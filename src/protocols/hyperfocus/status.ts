import type { StoredEvent } from "../../core/ports/history.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import type { Decision, Place } from "../../core/protocol/reducer.ts";
import { isStoredAs } from "../../core/protocol/same.ts";
import { shownText } from "../../core/protocol/shown.ts";
import { cleanText } from "../../core/protocol/text.ts";
import { price } from "./price.ts";
import type { PostedStatus, Status } from "./schema.ts";
import type { StoredStatus, Stream } from "./stream.ts";

const UNKNOWN: StoredStatus = { isLive: false, startedAt: null, currentGoal: null };
/** The only key of a stream's status. */
const KEY = "";

const stored = ({ status }: Stream): StoredStatus => status.get(KEY) ?? UNKNOWN;

/** The status as clients see it. */
export function statusOf(stream: Stream, viewerCount: number): Status {
  const { isLive, startedAt, currentGoal } = stored(stream);
  const goal = currentGoal?.type === "viewers" ? { ...currentGoal, current: viewerCount } : currentGoal;
  return { isLive, viewerCount, startedAt, currentGoal: goal };
}

/** Advances a goal of gifts or revenue. */
export function advance(stream: Stream, { quantity, totalValue }: { quantity: number; totalValue: number }) {
  const status = stored(stream);
  const { currentGoal } = status;
  if (currentGoal?.type !== "gifts" && currentGoal?.type !== "revenue") return;
  const current = price(currentGoal.current + (currentGoal.type === "gifts" ? quantity : totalValue));
  stream.status.set(KEY, { ...status, currentGoal: { ...currentGoal, current } });
}

/** Removes markup, so that no recipient gets a tag. */
export function cleaned(status: PostedStatus): PostedStatus {
  const { currentGoal } = status;
  if (!currentGoal) return status;
  const { type, description } = currentGoal;
  return {
    ...status,
    currentGoal: { ...currentGoal, type: shownText(type, "goal"), description: cleanText(description) },
  };
}

export const applies = {
  status({ body }: Entry<PostedStatus>, { state: stream }: Place<Stream>): Decision {
    const before = stored(stream);
    const { isLive, startedAt = before.startedAt, currentGoal = before.currentGoal } = body;
    const goal = currentGoal && { ...currentGoal, current: currentGoal.current ?? 0 };
    stream.status.set(KEY, { isLive, startedAt, currentGoal: goal });
    return { events: [{ kind: "status", silent: true, data: body }], rows: stream.rows() };
  },
};

export const repeats = {
  status: ({ body }: Entry<PostedStatus>, stored: StoredEvent): boolean =>
    stored.kind === "status" && isStoredAs(body, stored.body),
};
