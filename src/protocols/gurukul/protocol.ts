import { Throttle } from "../../core/outbound/throttle.ts";
import type { OnApplied } from "../../core/protocol/context.ts";
import type { Services } from "../../core/protocol/protocol.ts";
import { defineProtocol } from "../../core/protocol/protocol.ts";
import { REDACTED } from "../../core/protocol/redaction.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { cleanAll, shownText } from "../../core/protocol/shown.ts";
import { cleanText } from "../../core/protocol/text.ts";
import { Answers } from "./answers.ts";
import { createBatches } from "./batches.ts";
import {
  ASSISTANT,
  applies,
  chatOf,
  checkPostedId,
  type Entries,
  marked,
  past,
  personalData,
  readSince,
  recent,
  repeats,
  roomOf,
  summary,
} from "./chat.ts";
import { decode, envelope, frames } from "./frames.ts";
import { join, leave, open } from "./presence.ts";
import { redactedSince, takenBack } from "./redactions.ts";
import { createRefuse } from "./refuse.ts";
import { createMessages, createPostedMessage, events } from "./schema.ts";
import { Typing } from "./typing.ts";

/** Connections that have not joined a chat get its `chat_update` at most once in this time. */
const UPDATE_MS = 1_000;
const AUTH_MS = 10_000;
const HEARTBEAT_MS = 30_000;

const room = ({ chatId }: { chatId: string }) => roomOf(chatId);
const sender = ({ userId }: { userId?: string | undefined }) => userId;

/** Gurukul chat: people and AI agents, typing, read receipts, history. */
export function gurukul(services: Services<typeof events, Entries>) {
  const { clock, history, settings, systemSender } = services;
  const typing = new Typing(services.roster);
  const answers = new Answers(services, typing);
  const updates = new Throttle(clock, UPDATE_MS, (room) =>
    systemSender.announce(room, "chat_update", summary(history, chatOf(room))),
  );
  const update = (room: string) => systemSender.hasWatchers(room) && updates.touch(room);
  /** Something changed that messages do not show: those who have joined are told too. */
  const showToAll = (room: string) => {
    systemSender.relayLocal(room, "chat_update", summary(history, chatOf(room)));
    update(room);
  };

  return defineProtocol({
    name: "gurukul",
    paths: [settings.path],
    roomKinds: ["chat"],
    guests: false,
    timeouts: { authMs: settings.authMs ?? AUTH_MS, heartbeatMs: settings.heartbeatMs ?? HEARTBEAT_MS },
    limitBy: "user-and-kind",
    messages: createMessages(settings.maxContentLength),
    events,
    frames,
    rules: {
      message: { allow: "user", cost: 1, room, sender },
      typing: { allow: "user", cost: 1, room, sender },
      read_receipt: { allow: "user", cost: 1, room, sender },
      // Who may no longer be in a chat can still leave it.
      chat_update: {
        allow: "user",
        cost: 1,
        sender,
        room: ({ action, chatId }) => (action === "leave" ? undefined : roomOf(chatId)),
      },
      ping: { allow: "user", cost: 1 },
    },

    open,
    token: (url) => url.searchParams.get("token"),
    decode,
    envelope: (kind, body, { time }) => envelope(kind, body, time),
    refuse: createRefuse(clock),

    handlers: {
      message(ctx, { chatId, content, agentId, messageId }) {
        const { userId } = ctx.identity;
        const message = {
          userId,
          role: "user",
          content: cleanText(content),
          agentId,
          messageId,
          metadata: {},
        } as const;
        const applied: OnApplied | undefined = agentId
          ? ([event]) =>
              event && answers.ask({ ctx, event, agentId, refuse: (refusal) => ctx.refuse(refusal) })
          : undefined;
        ctx.record(roomOf(chatId), "message", message, { clientId: messageId, applied });
      },

      typing(ctx, { chatId, userId, agentId, isTyping }) {
        if (isTyping) typing.start(ctx, chatId);
        else typing.stop(ctx, chatId);
        ctx.relay(roomOf(chatId), "typing", { chatId, userId, agentId, isTyping });
      },

      read_receipt(ctx, { chatId, messageIds, userId }) {
        ctx.record(roomOf(chatId), "read_receipt", { userId, messageIds });
      },

      chat_update(ctx, { action, chatId }) {
        const room = roomOf(chatId);
        if (action === "leave") {
          typing.left(ctx, chatId);
          leave(ctx, chatId);
          ctx.leave(room);
          return;
        }
        join(ctx, chatId);
        const update = () => [envelope("chat_update", JSON.stringify(summary(history, chatId)), ctx.now())];
        const usual = () => recent(history, chatId, { maxBytes: settings.maxFrameBytes, ctx });
        const changed = (since: number) => [
          ...readSince(history, chatId, since, ctx.now()),
          ...redactedSince(history, chatId, since, ctx.now()),
        ];
        ctx.join(room, update, { usual, changed });
        ctx.watch(room);
      },

      ping(ctx, { timestamp }) {
        ctx.reply("pong", { timestamp: timestamp ?? ctx.now() });
      },
    },
    applies,
    repeats,
    historyView: past,
    again: (room, events) => marked(history, room, events),
    personalData,
    posts: {
      message: {
        schema: createPostedMessage(settings.maxContentLength),
        room,
        externalId: ({ message }) => message.id,
        counted: true,
        prepare({ message, ...rest }, room) {
          checkPostedId(history, room, message.id);
          const metadata = Object.entries(message.metadata).map(([key, value]) => [key, cleanAll(value)]);
          const content = cleanText(message.content);
          return { ...rest, message: { ...message, content, metadata: Object.fromEntries(metadata) } };
        },
      },
      typing: { room },
      read_receipt: { room, entry: "receipt" },
      chat_update: {
        room,
        prepare: ({ updates, ...rest }) => ({
          ...rest,
          updates: {
            ...updates,
            title: shownText(updates.title, shownText(rest.chatId, "Chat")),
            lastMessage: cleanText(updates.lastMessage),
          },
        }),
      },
    },

    onAuthenticated(ctx) {
      // This user's messages and typing would look like the agent's.
      if (ctx.identity.userId === ASSISTANT)
        throw new Refusal("unauthenticated", "the token's user id is reserved for the agent");
      if (!ctx.state.batched) return;
      ctx.divert((send) => createBatches(clock, settings.batchMs, settings.maxFrameBytes, send));
    },
    // A wildcard grants every chat but makes nobody a member of all.
    onRoomGranted: (ctx, room) => room !== roomOf("*") && ctx.watch(room),
    onRoomRevoked(ctx, room) {
      typing.left(ctx, chatOf(room));
      leave(ctx, chatOf(room));
    },
    isShownIn: ({ typing }, room) => typing?.has(chatOf(room)) === true,
    onClosed: (ctx) => typing.closed(ctx),
    onStored(event) {
      const { room, kind } = event;
      if (kind === "message" || kind === REDACTED) update(room);
      if (kind !== REDACTED || !systemSender.isHeard(room)) return;
      const id = takenBack(history, room, event);
      if (id === undefined) return;
      const { chatId, updates } = summary(history, chatOf(room));
      systemSender.relayLocal(room, "chat_update", { chatId, updates: { ...updates, redacted: id } });
    },
    onTitleChanged: showToAll,
    onRoomEmptied: (room) => answers.cancel(room),
    onRoomDeleted(room) {
      // An answer would be a message in the empty room of that name.
      answers.cancel(room);
      showToAll(room);
    },
    onStop() {
      answers.cancelAll();
      updates.stop();
    },
  });
}
