import type { History, StoredEvent } from "../../core/ports/history.ts";
import type { HistoryView } from "../../core/protocol/frames.ts";
import { ERASED, ERASED_NAME, eraseUser, type PersonalData } from "../../core/protocol/personal-data.ts";
import { ACCEPTED, acceptedId, keyOf, RECEIVED } from "./gifts.ts";
import type { PostedGift } from "./schema.ts";
import type { Waiting } from "./stream.ts";

/** Events that are looked through at a time, and in all, for the gifts that were merged into one. */
const RUN = 1_000;
const MAX_MERGED_WITHIN = 50_000;
const WAITING = "waiting ";

const isGift = (kind: string): boolean => kind === RECEIVED || kind === ACCEPTED;
const giftOf = ({ body }: StoredEvent): PostedGift & { readonly giftId: string } => JSON.parse(body);
const isOfOne = (one: PostedGift, other: PostedGift): boolean =>
  one.sender.userId === other.sender.userId && one.giftType === other.giftType;

export const unnamed = <Gift extends PostedGift>(gift: Gift): Gift => ({
  ...gift,
  sender: { ...gift.sender, username: "", avatar: "" },
});

/** What a sender calls themselves and shows is all that a gift says. */
const redact = ({ kind, body }: StoredEvent): string | undefined =>
  isGift(kind) ? JSON.stringify(unnamed(JSON.parse(body))) : undefined;

/** The event under which a gift was shown, or is pending. A gift that was merged into another is pending for ever. */
const findGift = (history: History, room: string, giftId: string): StoredEvent | undefined => {
  const event = history.byExternalId(room, giftId) ?? history.byExternalId(room, acceptedId(giftId));
  return event && isGift(event.kind) ? event : undefined;
};

/**
 * Gifts of one sender and type that were pending together are shown as one: the first, with the sum. The silent events
 * of all of them lie between the first one's and the one that shows it.
 */
function copies(history: History, event: StoredEvent): StoredEvent[] {
  const gift = giftOf(event);
  const pending = history.byExternalId(event.room, acceptedId(gift.giftId));
  if (!pending) return [];
  const shown = event.kind === RECEIVED ? event : shownAs(history, event);
  const from = shown ? history.byExternalId(event.room, acceptedId(giftOf(shown).giftId)) : undefined;
  const first = from?.offset ?? pendingSince(history, event.room, gift) ?? pending.offset;
  const end = shown?.offset ?? (history.last(event.room)?.offset ?? 0) + 1;
  const merged: StoredEvent[] = shown ? [shown] : [];
  for (let at = first; at < Math.min(end, first + MAX_MERGED_WITHIN); at += RUN) {
    const run = history.ofKind(event.room, ACCEPTED, at, Math.min(end, at + RUN));
    merged.push(...run.filter((one) => isOfOne(giftOf(one), gift)));
  }
  return merged.filter(({ offset }) => offset !== event.offset);
}

/** The offset of the first of the gifts that are pending together with this one. */
function pendingSince(history: History, room: string, gift: PostedGift): number | undefined {
  const value = history.state(room).get(WAITING + keyOf(gift));
  return value === undefined ? undefined : (JSON.parse(value) as Waiting).since;
}

/** The event that shows what a pending gift was merged into; undefined while it is pending. */
function shownAs(history: History, pending: StoredEvent): StoredEvent | undefined {
  const gift = giftOf(pending);
  const own = history.byExternalId(pending.room, gift.giftId);
  if (own) return own;
  const last = history.last(pending.room)?.offset ?? 0;
  for (let at = pending.offset; at <= Math.min(last, pending.offset + MAX_MERGED_WITHIN); at += RUN) {
    const shown = history.ofKind(pending.room, RECEIVED, at, Math.min(last + 1, at + RUN));
    // Shown after this one was accepted, and accepted before it: the first of that kind.
    const found = shown.find((one) => {
      if (!isOfOne(giftOf(one), gift)) return false;
      const accepted = history.byExternalId(pending.room, acceptedId(giftOf(one).giftId));
      return accepted !== undefined && accepted.offset < pending.offset;
    });
    if (found) return found;
  }
  return undefined;
}

export const historyView: HistoryView = {
  kind: RECEIVED,
  show: ({ body }) => JSON.parse(body),
  redact,
  id: (event) => (isGift(event.kind) ? giftOf(event).giftId : undefined),
  copies,
  find(history, room, giftId) {
    const event = history.byExternalId(room, giftId);
    return event?.kind === RECEIVED ? event.offset : undefined;
  },
  findToRedact: (history, room, giftId) => findGift(history, room, giftId)?.offset,
  redactState(key, value, event) {
    if (!key.startsWith(WAITING)) return undefined;
    const { gift, since }: Waiting = JSON.parse(value);
    const isIn = event.kind === ACCEPTED && since <= event.offset && isOfOne(gift, giftOf(event));
    return isIn ? [key, JSON.stringify({ gift: unnamed(gift), since })] : undefined;
  },
};

export const personalData: PersonalData = {
  users: { userId: { username: ERASED_NAME, avatar: "" } },
  authors: ["sender.userId"],
  /** A gift that is pending is still shown; that its sender has a combo and has been a host is forgotten. */
  eraseState(key, value, userId) {
    const space = key.indexOf(" ");
    const [map, rest] = [key.slice(0, space), key.slice(space + 1)];
    if (map === "host") return rest.startsWith(`host ${userId} `) ? [[key, null]] : undefined;
    if (map !== "combo" && map !== "waiting") return undefined;
    const [sender, giftType]: [string, string] = JSON.parse(rest);
    if (sender !== userId) return undefined;
    if (map === "combo") return [[key, null]];
    const { since }: Waiting = JSON.parse(value);
    const anonymous = `${WAITING}${JSON.stringify([ERASED, giftType, since])}`;
    return [
      [key, null],
      [anonymous, eraseUser(personalData, value, userId)],
    ];
  },
};
