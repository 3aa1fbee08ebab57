import type { z } from "zod";
import type { Context } from "../../core/protocol/context.ts";
import type { AnyProtocol, Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import type { Rule } from "../../core/protocol/rule.ts";
import { nameOf } from "../../core/protocol/shown.ts";
import { documentOf, type Entries } from "./edits.ts";
import { type Participant, Participants, type State } from "./participants.ts";
import { wrong } from "./refusals.ts";
import { sender } from "./sender.ts";
import { type events, type messages, roomOf, sessionOf } from "./session.ts";

/** Sessions that one connection may join. */
const MAX_SESSIONS = 100;
/** Bytes of a `session_joined` frame around its document and its participants. */
const HEAD_BYTES = 2_048;

const room = ({ sessionId }: { sessionId: string }) => roomOf(sessionId);

export const rules: { readonly [Kind in keyof typeof messages]: Rule<Message<Kind>, State> } = {
  join_session: { allow: "user", cost: 1, room, sender },
  // A user who has lost the session's room may still leave the session.
  leave_session: { allow: "user", cost: 1, sender },
  edit: {
    allow: "user",
    cost: 1,
    broadcasts: true,
    sender,
    room(message, state) {
      const sessionId = sessionIdOf(message, state);
      return sessionId === undefined ? undefined : roomOf(sessionId);
    },
  },
};

type Ctx = Context<typeof events, Entries, State>;
type Message<Kind extends keyof typeof messages> = z.output<(typeof messages)[Kind]>;

/** The session that an edit belongs to: the one it names, or the only one that the connection has joined. */
const sessionIdOf = ({ sessionId }: Message<"edit">, { sessions }: State): string | undefined =>
  sessionId ?? (sessions.size === 1 ? [...sessions.keys()][0] : undefined);

/** The session of this room, if the connection has joined it. */
function joinedAs({ state: { sessions } }: Ctx, room: string): string | undefined {
  const sessionId = sessionOf(room);
  return sessionId !== undefined && sessions.has(sessionId) ? sessionId : undefined;
}

/** Collaboration: sessions in which users edit a document together. */
export function createCollaboration(
  { settings, state }: Pick<Services<typeof events, Entries>, "settings" | "state">,
  envelope: AnyProtocol["envelope"],
) {
  const participants = new Participants();
  /** Leaves room for the participants: `session_joined` carries the document and them in one frame. */
  const maxBytes = Math.floor(settings.maxFrameBytes * 0.75);

  /** Makes a change and tells the others what it means to them: they see users, not connections. */
  function telling(ctx: Ctx, sessionId: string, change: () => void): void {
    const { userId } = ctx.identity;
    const user = { sessionId, userId, username: nameOf(ctx.identity) };
    const before = participants.roleOf(sessionId, userId);
    change();
    const now = participants.roleOf(sessionId, userId);
    if (now === before) return;
    if (now) ctx.relay(roomOf(sessionId), "participant_joined", { ...user, role: now });
    else ctx.relay(roomOf(sessionId), "participant_left", user);
  }

  function leave(ctx: Ctx, sessionId: string): void {
    if (!ctx.state.sessions.has(sessionId)) return;
    telling(ctx, sessionId, () => participants.leave(sessionId, ctx.identity.userId, ctx.state));
  }

  /** As many of the participants as fit into this number of bytes. */
  function fitting(present: readonly Participant[], room: number): Participant[] {
    let bytes = 0;
    return present.filter((one) => {
      bytes += Buffer.byteLength(JSON.stringify(one)) + 1;
      return bytes <= room;
    });
  }

  const handlers = {
    /** A second join gets a second answer: the document and the role as they are then. */
    join_session(ctx: Ctx, { sessionId, role }: Message<"join_session">): void {
      const { sessions } = ctx.state;
      if (sessions.size >= MAX_SESSIONS && !sessions.has(sessionId)) throw tooMany();
      const room = roomOf(sessionId);
      const user = { userId: ctx.identity.userId, username: nameOf(ctx.identity), role };
      const before = sessions.get(sessionId);
      telling(ctx, sessionId, () => participants.enter(sessionId, user, ctx.state));
      // Nobody has heard of the change.
      ctx.undo(() => {
        if (before === undefined) participants.leave(sessionId, user.userId, ctx.state);
        else participants.enter(sessionId, { ...user, role: before }, ctx.state);
      });
      const present = participants.all(sessionId);
      const { ref } = ctx;
      const greet = () => {
        const { text: content, version, bytes } = documentOf(state(room));
        const shown = fitting(present, settings.maxFrameBytes - bytes - HEAD_BYTES);
        const joined = { sessionId, content, version, participants: shown };
        return [envelope("session_joined", JSON.stringify(joined), { time: ctx.now(), clientId: ref })];
      };
      // The document contains every edit so far.
      ctx.join(room, greet, { contained: true });
    },

    /** Who is in it no longer, or never was, has left it. */
    leave_session(ctx: Ctx, { sessionId }: Message<"leave_session">): void {
      const role = ctx.state.sessions.get(sessionId);
      if (role !== undefined) {
        const user = { userId: ctx.identity.userId, username: nameOf(ctx.identity), role };
        ctx.undo(() => participants.enter(sessionId, user, ctx.state));
      }
      leave(ctx, sessionId);
      ctx.leave(roomOf(sessionId));
      ctx.reply("session_left", { sessionId });
    },

    edit(ctx: Ctx, message: Message<"edit">): void {
      const sessionId = sessionIdOf(message, ctx.state);
      const role = sessionId === undefined ? undefined : ctx.state.sessions.get(sessionId);
      if (sessionId === undefined || role === undefined) throw notJoined();
      if (role === "observer") throw new Refusal("forbidden", "An observer may not edit");
      const { position, version } = message;
      const edit = {
        ...{ position, version, author: nameOf(ctx.identity), maxBytes },
        length: "length" in message ? message.length : 0,
        content: "content" in message ? message.content : "",
      };
      ctx.record(roomOf(sessionId), "edit", edit, { clientId: ctx.ref });
    },
  };

  return {
    handlers,
    /** The socket has closed. */
    onClosed(ctx: Ctx): void {
      for (const sessionId of [...ctx.state.sessions.keys()]) leave(ctx, sessionId);
    },
    /** The user has lost access to this room. */
    onRoomRevoked(ctx: Ctx, room: string): void {
      const sessionId = joinedAs(ctx, room);
      if (sessionId === undefined) return;
      leave(ctx, sessionId);
      ctx.reply("session_left", { sessionId });
    },
    /** The session was removed, and its document with it. */
    removed(ctx: Ctx, room: string): void {
      const sessionId = joinedAs(ctx, room);
      if (sessionId === undefined) return;
      // Everybody leaves at once, so nobody is told that the others left.
      participants.leave(sessionId, ctx.identity.userId, ctx.state);
      ctx.leave(room);
      ctx.reply("session_left", { sessionId });
      ctx.refuse(new Refusal("not_found", "The session was removed"));
    },
  };
}

const notJoined = () => wrong("sessionId", "must name a session that you have joined");
const tooMany = () => wrong("sessionId", `must be one of at most ${MAX_SESSIONS}: leave another first`);
