import type { Context } from "../../core/protocol/context.ts";
import { defineProtocol, type Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { nameOf } from "../../core/protocol/shown.ts";
import {
  createAnalytics,
  type MetricEntries,
  applies as metricApplies,
  repeats as metricRepeats,
} from "./analytics.ts";
import {
  type ChatEntries,
  applies as chatApplies,
  repeats as chatRepeats,
  cleaned as cleanedMessage,
  createChat,
} from "./chat.ts";
import { createCollaboration, rules as sessionRules } from "./collaboration.ts";
import {
  type ContextEntries,
  ContextState,
  applies as contextApplies,
  contextState,
  isContext,
  roomOf,
} from "./contexts.ts";
import {
  confirm,
  type Entries as EditEntries,
  applies as editApplies,
  repeats as editRepeats,
  restore as restoreSession,
} from "./edits.ts";
import { at, contextOf, entrance, grants, open, paths, room, type State, type Visit } from "./entrance.ts";
import { decode, encode, frames } from "./frames.ts";
import { checkPostedId, createPast, personalData } from "./past.ts";
import { ContextLost } from "./refusals.ts";
import { createRefuse } from "./refuse.ts";
import { createMessages, createPostedMessage, events as ownEvents, postedUpdate } from "./schema.ts";
import { sender } from "./sender.ts";
import { events as sessionEvents, messages as sessionMessages } from "./session.ts";
import { Typing } from "./typing.ts";

const AUTH_MS = 5_000;
const HEARTBEAT_MS = 15_000;

const events = { ...ownEvents, ...sessionEvents };
type Entries = ChatEntries & MetricEntries & ContextEntries & EditEntries;
type Ctx = Context<typeof events, Entries, State>;

const [inChat, inAnalytics, inCollaboration] = [at("chat"), at("analytics"), at("collaboration")];

const isInChat = ({ isChat }: Visit): boolean => isChat;

/** Atomic: chat and live analytics of a context, and documents that users edit together. */
export function atomic(services: Services<typeof events, Entries>) {
  const { clock, settings, state, systemSender } = services;
  const present = services.roster<Visit>("atomic context", (change, tell) => {
    const { group: room, key: userId, before, after } = change;
    const [was, is] = [before.find(isInChat), after.find(isInChat)];
    if (is && !was) tell(room, "user_joined", { userId, username: is.username });
    if (was && !is) tell(room, "user_left", { userId, username: was.username });
    analytics.usersChanged(room);
  });
  const typing = new Typing(clock, services.roster);
  const chat = createChat(services, typing);
  const analytics = createAnalytics(services, present);
  const collaboration = createCollaboration(services, encode);

  function enter(ctx: Ctx, room: string): void {
    const { userId } = ctx.identity;
    const isChat = inChat(ctx.state);
    ctx.state.room = room;
    const greet = () => {
      // Recorded in a turn of its own, so that a user who enters need not wait for the disk.
      if (!contextState(state(room)).seen.has(userId)) systemSender.record(room, "seen", { userId });
      return [];
    };
    ctx.join(room, greet, { muted: !isChat, failed: () => lose(ctx, room) });
    present.set(ctx, room, userId, { username: nameOf(ctx.identity), isChat });
  }

  function leave(ctx: Ctx): void {
    const { room } = ctx.state;
    if (room === undefined) return;
    ctx.state.room = undefined;
    typing.left(ctx, room);
    present.delete(ctx, room, ctx.identity.userId);
  }

  /** Closes a connection that has lost its context: it serves that context alone. */
  function lose(ctx: Ctx, room: string): void {
    if (room !== ctx.state.room) return;
    leave(ctx);
    ctx.refuse(new ContextLost());
  }

  return defineProtocol({
    name: "atomic",
    paths,
    roomKinds: ["context", "session"],
    liveKinds: ["session"],
    guests: false,
    timeouts: { authMs: settings.authMs ?? AUTH_MS, heartbeatMs: settings.heartbeatMs ?? HEARTBEAT_MS },
    limitBy: "connection",
    connectionsPerMinute: settings.connectionsPerMinute,
    messages: { ...createMessages(settings.maxContentLength), ...sessionMessages },
    events,
    frames,
    rules: {
      auth: { allow: "guest", cost: 1 },
      ping: { allow: "user", cost: 1 },
      message: { at: inChat, allow: "user", cost: 1, room, sender, broadcasts: true },
      typing: { at: inChat, allow: "user", cost: 1, room, sender, broadcasts: true },
      history: { at: inChat, allow: "user", cost: 1, room },
      subscribe: { at: inAnalytics, allow: "user", cost: 1, room },
      unsubscribe: { at: inAnalytics, allow: "user", cost: 1 },
      join_session: { ...sessionRules.join_session, at: inCollaboration },
      leave_session: { ...sessionRules.leave_session, at: inCollaboration },
      edit: { ...sessionRules.edit, at: inCollaboration },
    },

    open,
    token: (url) => url.searchParams.get("token") ?? undefined,
    grants,
    entrance,
    decode,
    envelope: encode,
    confirm,
    refuse: createRefuse(clock),

    handlers: {
      auth(ctx, { token, contextId }) {
        if (!ctx.isGuest) throw new Refusal("bad_envelope", "Already authenticated");
        ctx.state.asked = contextId || ctx.state.asked;
        ctx.authenticate(token, () => {});
      },
      ping: (ctx) => ctx.reply("pong", {}),
      ...chat,
      ...analytics.handlers,
      ...collaboration.handlers,
    },
    applies: { ...chatApplies, ...metricApplies, ...contextApplies, ...editApplies },
    repeats: { ...chatRepeats, ...metricRepeats, ...editRepeats },
    restore: (room, history): unknown =>
      isContext(room) ? ContextState.restore(room, history) : restoreSession(room, history),
    historyView: createPast(state),
    personalData,
    posts: {
      message: {
        schema: createPostedMessage(settings.maxContentLength),
        entry: "message",
        roomKinds: ["context"],
        to: ["room"],
        id: ({ id }) => id,
        prepare(message, room) {
          if (message.id !== undefined) checkPostedId(services.history, room, message.id);
          return cleanedMessage(message);
        },
      },
      metric_update: {
        schema: postedUpdate,
        entry: "metric",
        roomKinds: ["context"],
        to: ["room"],
        prepare: analytics.prepare,
      },
    },
    // A long edit is still an ordinary edit.
    longFrames: inCollaboration,
    describe: ({ endpoint, contextId }) => ({ endpoint, contextId }),

    onAuthenticated(ctx) {
      const contextId = contextOf(ctx.state, ctx.identity, (room) => ctx.may(room));
      ctx.state.contextId = contextId;
      ctx.reply("connected", { userId: ctx.identity.userId, contextId });
      if (contextId !== undefined && !inCollaboration(ctx.state)) enter(ctx, roomOf(contextId));
    },
    onRoomRevoked(ctx, room) {
      collaboration.onRoomRevoked(ctx, room);
      lose(ctx, room);
    },
    onRoomRemoved(ctx, room) {
      collaboration.removed(ctx, room);
      analytics.onRoomRemoved(ctx, room);
    },
    onRoomDeleted: analytics.onRoomDeleted,
    onClosed: leave,
    onStored: analytics.onStored,
    onRoomEmptied: analytics.onRoomEmptied,
    onMembersChanged: analytics.usersChanged,
    onStop: analytics.stop,
  });
}
