import { defineProtocol, type Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { open } from "./client.ts";
import { createCoach } from "./coach.ts";
import { frames } from "./describe.ts";
import { handlers as diary } from "./diary.ts";
import { applies, type Entries, repeats, restore } from "./entries.ts";
import { decode, encode, enveloped, response, welcomed } from "./frames.ts";
import { createFriends } from "./friends.ts";
import { createGroups } from "./groups.ts";
import { inboxFrom, pendingOf } from "./inbox.ts";
import { createMessaging } from "./messages.ts";
import { createPosts } from "./posts.ts";
import { createPresence } from "./presence.ts";
import { past, personalData } from "./redaction.ts";
import { createRefuse } from "./refuse.ts";
import { friendsOf, isInbox, reserved, userOf } from "./rooms.ts";
import { createEnveloped, rules } from "./rules.ts";
import {
  auth,
  encryptionInit,
  events,
  type FriendAccepted,
  type MemberJoined,
  type MemberLeft,
} from "./schema.ts";
import { createSealing } from "./sealing.ts";
import { createStatus } from "./status.ts";
import { Typing } from "./typing.ts";

const AUTH_MS = 5_000;
const HEARTBEAT_MS = 15_000;

/** Diet: users, messages, groups, coach and notifications of a gamified diet app. */
export function diet(services: Services<typeof events, Entries, unknown>) {
  const { clock, settings, systemSender } = services;
  const presence = createPresence(services);
  const groups = createGroups(services);
  const coach = createCoach(services);
  const sealing = createSealing(services);
  const status = createStatus(services);
  const typing = new Typing(clock, services.roster);

  return defineProtocol({
    name: "diet",
    paths: ["/api/diet/ws"],
    roomKinds: ["group"],
    reserved,
    guests: false,
    timeouts: { authMs: settings.authMs ?? AUTH_MS, heartbeatMs: settings.heartbeatMs ?? HEARTBEAT_MS },
    limitBy: "connection",
    removalEndsGrants: true,
    messages: {
      ...{ auth, "encryption.init": enveloped(encryptionInit) },
      ...createEnveloped(settings.maxContentLength),
    },
    events,
    frames,
    rules: {
      auth: { allow: "guest", cost: 1 },
      "encryption.init": { allow: "user", cost: 1 },
      ...rules,
    },

    open,
    decode: (frame, { unseal }) => decode(frame, unseal),
    envelope: encode,
    confirm: ({ body }, ref) => response(ref, body, clock.now()),
    refuse: createRefuse(clock, settings),

    handlers: {
      auth(ctx, { token, userId }) {
        if (!ctx.isGuest) throw new Refusal("bad_envelope", "Already authenticated");
        ctx.authenticate(token, () => {
          if (ctx.identity.userId !== userId)
            throw new Refusal("unauthenticated", "the auth message names another user than the token does");
          ctx.replyFrame(welcomed(userId));
        });
      },
      ...sealing.handlers,
      ...presence.handlers,
      ...diary,
      ...createFriends(services),
      ...createMessaging(services),
      ...typing.handlers,
      ...groups.handlers,
      ...coach.handlers,
    },
    applies,
    repeats,
    restore,
    stateOf: pendingOf,
    posts: createPosts(settings.maxContentLength),
    historyView: past,
    personalData,

    // Pending events are sent again on each connection until they are read on any of them.
    onUserRoom(ctx, inbox) {
      const pending = () => inboxFrom(services.state(inbox));
      const owed = { all: () => pending().waiting(), has: (offset: number) => pending().isWaiting(offset) };
      ctx.join(inbox, undefined, { owed });
    },
    onAuthenticated(ctx) {
      status.onAuthenticated(ctx);
      presence.onAuthenticated(ctx);
    },
    // A wildcard grants every group but makes nobody a member of all.
    onRoomGranted: (ctx, room) => room !== "group:*" && !reserved(room) && groups.onRoomGranted(ctx, room),
    onRoomRemoved: groups.onRoomRemoved,
    onClosed(ctx) {
      typing.closed(ctx);
      sealing.closed(ctx);
    },
    onStored(event) {
      const { room, kind, body } = event;
      if (kind === "friend.accepted") {
        const { userId, friendId }: FriendAccepted = JSON.parse(body);
        presence.befriended(userOf(room), userOf(room) === userId ? friendId : userId);
      } else if (kind === "group.member.joined") {
        const { userId }: MemberJoined = JSON.parse(body);
        systemSender.enter(userId, room, event);
      } else if (kind === "group.member.left") {
        const { userId }: MemberLeft = JSON.parse(body);
        systemSender.exit(userId, room);
      }
    },
    // The user's friends have them no more: a new user may come under the same id.
    onUserErased(room, userId) {
      if (isInbox(room)) systemSender.exit(userOf(room), friendsOf(userId));
    },
    onStop() {
      coach.stop();
      status.stop();
    },
  });
}
