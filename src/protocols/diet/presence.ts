import type { Services } from "../../core/protocol/protocol.ts";
import { iso } from "../../core/protocol/time.ts";
import { type Ctx, confirm, type Message } from "./client.ts";
import type { Entries } from "./entries.ts";
import { inboxFrom } from "./inbox.ts";
import { friendsOf, inboxOf } from "./rooms.ts";
import type { events, UserPresence } from "./schema.ts";
import { cleaned } from "./texts.ts";

/** All users are in one group. */
const USERS = "";

/** What a user shows: the same through each of their connections, until they show something else. */
interface Shown {
  /** Undefined until they show something: the user is online. */
  readonly presence?: UserPresence;
  /** Counts what the user has shown, so that the largest is the last. Two nodes may count to the same at once. */
  readonly at: number;
}
const NOTHING_YET: Shown = { at: 0 };

const isSame = (one: Shown | undefined, other: Shown | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** What was shown on two nodes at once has an order too, the same on every node. */
const isLater = (one: Shown, other: Shown): boolean =>
  one.at === other.at ? JSON.stringify(one) > JSON.stringify(other) : one.at > other.at;

const latest = (all: readonly Shown[]): Shown | undefined =>
  all.reduce<Shown | undefined>((last, one) => (last && !isLater(one, last) ? last : one), undefined);

/** Presence and activity, as friends and the user's own connections see them. None of it is stored. */
export function createPresence({ roster, state, systemSender }: Services<typeof events, Entries, unknown>) {
  const users = roster<Shown>("diet users", ({ key: userId, before, after }, tell) => {
    const [was, is] = [latest(before), latest(after)];
    // A user who has hidden stays hidden when the connection that they hid through closes.
    if (is && after.some((one) => !isSame(one, is))) users.replace(USERS, userId, is);
    if (isSame(was, is)) return;
    // A second `offline` would tell friends that a hidden user was there until now.
    if (!is && was?.presence?.status === "offline") return;
    const status = is ? "online" : "offline";
    const presence = is?.presence ?? { userId, status, lastSeen: iso(systemSender.now()) };
    tell(friendsOf(userId), "user.presence", presence);
    tell(inboxOf(userId), "user.presence", presence);
  });

  /** Undefined for a user who is offline or hides their presence. */
  function presenceOf(userId: string): UserPresence | undefined {
    const shown = shownBy(userId);
    if (!shown) return undefined;
    const { status = "online", currentActivity } = shown.presence ?? {};
    if (status === "offline") return undefined;
    const lastSeen = iso(systemSender.now());
    return { userId, status, lastSeen, ...(currentActivity !== undefined && { currentActivity }) };
  }

  const shownBy = (userId: string) => latest(users.values(USERS, userId));

  return {
    handlers: {
      "user.presence"(ctx: Ctx, message: Message<"user.presence">): void {
        const { userId } = ctx.identity;
        const { at } = shownBy(userId) ?? NOTHING_YET;
        users.set(ctx, USERS, userId, { presence: cleaned(message.data), at: at + 1 });
        confirm(ctx, message);
      },

      "user.activity"(ctx: Ctx, message: Message<"user.activity">): void {
        const { userId } = ctx.identity;
        ctx.relay(friendsOf(userId), "user.activity", message.data);
        ctx.relay(inboxOf(userId), "user.activity", message.data);
        confirm(ctx, message);
      },
    },

    /** The connection gets the presence of the user's friends: now, and on each change. */
    onAuthenticated(ctx: Ctx): void {
      const { userId } = ctx.identity;
      for (const friend of inboxFrom(state(inboxOf(userId))).friends) {
        ctx.join(friendsOf(friend));
        const presence = presenceOf(friend);
        if (presence) ctx.reply("user.presence", presence);
      }
      users.set(ctx, USERS, userId, shownBy(userId) ?? NOTHING_YET);
    },

    /** The two have just become friends: the first gets the presence of the second. */
    befriended(userId: string, friend: string): void {
      systemSender.enter(userId, friendsOf(friend));
      const presence = presenceOf(friend);
      if (presence) systemSender.relayLocal(inboxOf(userId), "user.presence", presence);
    },
  };
}
