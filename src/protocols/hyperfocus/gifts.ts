import type { StoredEvent } from "../../core/ports/history.ts";
import type { Entry } from "../../core/protocol/entry.ts";
import { isErased } from "../../core/protocol/personal-data.ts";
import type { Decision, EventDraft, Place } from "../../core/protocol/reducer.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { isWithin } from "../../core/protocol/same.ts";
import { nameOf, shownText } from "../../core/protocol/shown.ts";
import { cleanText } from "../../core/protocol/text.ts";
import { iso } from "../../core/protocol/time.ts";
import { isOver, nextCombo } from "./combo.ts";
import { merge, recent, slots, type Unranked, WINDOW_MS } from "./pacing.ts";
import { price } from "./price.ts";
import { countValue, rankOf } from "./rank.ts";
import type { PostedGift } from "./schema.ts";
import { advance } from "./status.ts";
import type { Stream } from "./stream.ts";

/** The kinds of entries in the log. The entry carries the pace, because reducers know no settings. */
export type GiftEntries = {
  gift: { readonly gift: PostedGift; readonly pace: number };
  /** Time has passed: pending gifts may be shown. */
  release: { readonly pace: number };
};

/** The event that clients get. They acknowledge it under its id. */
export const RECEIVED = "gift:received";
/**
 * The silent event of a pending gift. Ids hold no spaces, so the gift's own id stays free for the event that
 * shows it.
 */
export const ACCEPTED = "gift";
export const acceptedId = (giftId: string): string => `${ACCEPTED} ${giftId}`;

/**
 * At the usual pace this many pending gifts, each of another sender or type, are a quarter of an hour late.
 */
const MAX_WAITING = 10_000;
/** Types of gifts whose value is remembered. */
const MAX_UNITS = 1_000;

/** Two gifts with the same key make a combo, and are merged while they are pending. */
export const keyOf = ({ sender, giftType }: PostedGift): string => JSON.stringify([sender.userId, giftType]);

/** Removes markup, so that no recipient gets a tag. */
export const cleaned = (gift: PostedGift): PostedGift => ({
  ...gift,
  giftType: shownText(gift.giftType, "gift"),
  sender: {
    ...gift.sender,
    username: nameOf({ name: gift.sender.username, userId: gift.sender.userId }),
    avatar: cleanText(gift.sender.avatar),
  },
  animation: {
    ...gift.animation,
    type: shownText(gift.animation.type, "none"),
    assetUrl: cleanText(gift.animation.assetUrl),
    soundUrl: cleanText(gift.animation.soundUrl),
  },
});

/** Throws a `Refusal` when the stream has more pending gifts than it can show in reasonable time. */
export function checkRoom({ waiting }: Stream): void {
  if (waiting.size >= MAX_WAITING)
    throw new Refusal("busy", "the stream has too many pending gifts: try again later", {
      retryAfter: WINDOW_MS,
    });
}

export const applies = {
  /** Stores a gift. Shows it if the pace allows and no gift is pending before it. */
  gift(entry: Entry<GiftEntries["gift"]>, { history, offset, state: stream }: Place<Stream>): Decision {
    const { id, room, time, body } = entry;
    const { gift: posted, pace } = body;
    const { giftId = id } = posted;
    // A gift that waited may be shown with others of its kind: what was accepted is as it was posted.
    const known = () => history.byExternalId(room, acceptedId(giftId)) ?? history.byExternalId(room, giftId);
    const stored = posted.giftId === undefined ? undefined : known();
    if (stored) {
      if (isSame(posted, stored)) return {};
      throw new Refusal("conflict");
    }
    const key = keyOf(posted);
    const before = stream.waiting.get(key);
    const mayShow = stream.waiting.size === 0 && slots(shownAt(stream), time, pace) > 0;
    const gift = complete(stream, posted, { giftId, time, key, offset });
    advance(stream, gift);
    if (mayShow) {
      const made = show(stream, gift, time, pace);
      return { events: [made], rows: stream.rows() };
    }
    stream.waiting.set(key, before ? { ...before, gift: merge(before.gift, gift) } : { gift, since: offset });
    const accepted = { kind: ACCEPTED, silent: true, externalId: acceptedId(giftId), data: gift };
    return { events: [accepted], rows: stream.rows() };
  },

  release(
    { time, body: { pace } }: Entry<GiftEntries["release"]>,
    { state: stream }: Place<Stream>,
  ): Decision {
    const free = slots(shownAt(stream), time, pace);
    const events: EventDraft[] = [];
    for (const [key, { gift }] of stream.waiting.entries()) {
      if (events.length >= free) break;
      stream.waiting.delete(key);
      events.push(show(stream, gift, time, pace));
    }
    return { events, rows: stream.rows() };
  },
};

/** What a redacted or an erased sender called themselves is not known any more, so it cannot be compared. */
function isSame(posted: PostedGift, stored: StoredEvent): boolean {
  if (stored.kind !== RECEIVED && stored.kind !== ACCEPTED) return false;
  if (isErased(stored)) return true;
  const kept: PostedGift = JSON.parse(stored.body);
  const { username, avatar } = kept.sender;
  const isRedacted = username === "" && avatar === "";
  return isWithin(isRedacted ? { ...posted, sender: { ...posted.sender, username, avatar } } : posted, kept);
}

export const repeats = {
  gift: ({ body: { gift } }: Entry<GiftEntries["gift"]>, stored: StoredEvent): boolean =>
    isSame(gift, stored),
};

export const shownAt = ({ shown }: Stream): readonly number[] => shown.get("") ?? [];

/** Fills in everything that the backend left out, except the rank. */
function complete(
  stream: Stream,
  posted: PostedGift,
  { giftId, time, key, offset }: { giftId: string; time: number; key: string; offset: number },
): Unranked {
  const { giftType, quantity, sender, animation, metadata } = posted;
  const combo = nextCombo(stream.combos.get(key), time, metadata.comboCount);
  for (const [other, last] of stream.combos.entries()) {
    if (!isOver(last, time)) break;
    stream.combos.delete(other);
  }
  stream.combos.append(key, { ...combo, offset });
  const unit = stream.units.get(giftType);
  const totalValue = posted.totalValue ?? price(quantity * (unit ?? 1));
  const isKnown = unit !== undefined || stream.units.size < MAX_UNITS;
  if (posted.totalValue !== undefined && unit !== totalValue / quantity && isKnown) {
    stream.units.set(giftType, totalValue / quantity);
  }
  const { isStreak = combo.count > 1, rank, timestamp = iso(time) } = metadata;
  return {
    ...{ giftId, giftType, quantity, totalValue, sender, animation },
    metadata: { isStreak, comboCount: combo.count, rank, timestamp },
  };
}

function show(stream: Stream, gift: Unranked, time: number, pace: number): EventDraft {
  const { isStreak, comboCount, timestamp } = gift.metadata;
  const rank = gift.metadata.rank ?? rankOf(stream.values.values(), gift.totalValue);
  countValue(stream.values, gift.totalValue);
  if (pace > 0) stream.shown.set("", [...recent(shownAt(stream), time), time]);
  stream.delivered++;
  const data = { ...gift, metadata: { isStreak, comboCount, rank, timestamp } };
  return { kind: RECEIVED, counted: true, externalId: gift.giftId, data };
}
