import { z } from "zod";
import type { Context } from "../../core/context.ts";
import type { Identity } from "../../core/identity.ts";
import { id } from "../../core/names.ts";
import type { AnyProtocol, Rule, Services } from "../../core/protocol.ts";
import { Refusal } from "../../core/refusal.ts";
import { documentOf, type Entries, roomOf, sessionOf } from "./edits.ts";
import { type Participant, Participants, type Sessions } from "./participants.ts";

/** UTF-16 units that one edit may bring. */
const MAX_CONTENT = 32_768;
/** Of a `session_joined` frame without its document and its participants. */
const HEAD_BYTES = 1_024;

const role = z.enum(["participant", "observer"], "must be participant or observer");
const place = {
  /** May be left out by whoever is in one session. */
  sessionId: id.optional(),
  position: z.int().min(0, "must be 0 or more"),
  version: z.int().min(0, "must be 0 or more"),
};
const length = z.int().min(1, "must be 1 or more");
// Never cleaned of markup: positions count every unit of it.
const content = z
  .string()
  .max(MAX_CONTENT, `must have at most ${MAX_CONTENT} characters`)
  .refine((text) => text.isWellFormed(), "must not have lone surrogates");

/** What clients send (contract: Collaboration WebSocket API). */
export const messages = {
  join_session: z.object({ sessionId: id, role }),
  leave_session: z.object({ sessionId: id }),
  edit: z.discriminatedUnion(
    "operation",
    [
      z.object({ ...place, operation: z.literal("insert"), content: content.min(1, "must not be empty") }),
      z.object({ ...place, operation: z.literal("delete"), length }),
      z.object({ ...place, operation: z.literal("replace"), length, content }),
    ],
    "must be insert, delete or replace",
  ),
};

const participant = { userId: id, username: z.string() };

/** What the server sends. */
export const events = {
  session_joined: z.object({
    sessionId: id,
    content: z.string(),
    version: z.int(),
    participants: z.array(z.object({ ...participant, role })),
  }),
  session_left: z.object({ sessionId: id }),
  /** The user has come into the session, or has another role there now. */
  participant_joined: z.object({ sessionId: id, ...participant, role }),
  participant_left: z.object({ sessionId: id, ...participant }),
  edit: z.object({
    sessionId: id,
    operation: z.enum(["insert", "delete", "replace"]),
    position: z.int(),
    length: z.int().optional(),
    content: z.string().optional(),
    version: z.int(),
    author: z.string(),
    authorId: id,
  }),
  edit_ack: z.object({ sessionId: id, version: z.int() }),
};

/** What it keeps of a connection. */
export interface State {
  readonly sessions: Sessions;
}
export const open = (): State => ({ sessions: new Map() });

const room = ({ sessionId }: { sessionId: string }) => roomOf(sessionId);

export const rules: { readonly [Kind in keyof typeof messages]: Rule<Message<Kind>, State> } = {
  join_session: { allow: "user", cost: 1, room },
  // Whoever may no longer be in it can still leave it.
  leave_session: { allow: "user", cost: 1 },
  edit: {
    allow: "user",
    cost: 1,
    broadcasts: true,
    room(message, state) {
      const sessionId = sessionIdOf(message, state);
      return sessionId === undefined ? undefined : roomOf(sessionId);
    },
  },
};

type Ctx = Context<typeof events, Entries, State>;
type Message<Kind extends keyof typeof messages> = z.output<(typeof messages)[Kind]>;

/** The session that an edit is of: the one it names, or the only one. */
const sessionIdOf = ({ sessionId }: Message<"edit">, { sessions }: State): string | undefined =>
  sessionId ?? (sessions.size === 1 ? [...sessions.keys()][0] : undefined);

const nameOf = ({ name, userId }: Identity): string => name || userId;

/** Collaboration: documents that are edited together, by sessions. */
export function createCollaboration(
  { settings, state }: Pick<Services<typeof events, Entries>, "settings" | "state">,
  envelope: AnyProtocol["envelope"],
) {
  const participants = new Participants();
  /** So that whoever joins gets it in one frame, with those who are there. */
  const maxBytes = Math.floor(settings.maxFrameBytes * 0.75);

  /** Tells the others what a change means to them: of users, not of connections. */
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
    telling(ctx, sessionId, () => participants.leave(sessionId, ctx.identity.userId, ctx.state.sessions));
  }

  /** As many of them as fit into so many bytes. */
  function fitting(present: readonly Participant[], room: number): Participant[] {
    let bytes = 0;
    return present.filter((one) => {
      bytes += Buffer.byteLength(JSON.stringify(one)) + 1;
      return bytes <= room;
    });
  }

  const handlers = {
    /** Joining again is answered again: with the document as it is then, and with the role as it is now. */
    join_session(ctx: Ctx, { sessionId, role }: Message<"join_session">): void {
      const room = roomOf(sessionId);
      const user = { userId: ctx.identity.userId, username: nameOf(ctx.identity), role };
      telling(ctx, sessionId, () => participants.enter(sessionId, user, ctx.state.sessions));
      const present = participants.all(sessionId);
      let greeting: readonly string[] = [];
      ctx.join(
        room,
        () => greeting,
        () => {
          const { text: content, version, bytes } = documentOf(state(room));
          const shown = fitting(present, settings.maxFrameBytes - bytes - HEAD_BYTES);
          const joined = { sessionId, content, version, participants: shown };
          greeting = [envelope("session_joined", JSON.stringify(joined), { time: ctx.now() })];
        },
      );
    },

    leave_session(ctx: Ctx, { sessionId }: Message<"leave_session">): void {
      if (!ctx.state.sessions.has(sessionId)) throw notJoined();
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
    closed(ctx: Ctx): void {
      for (const sessionId of [...ctx.state.sessions.keys()]) leave(ctx, sessionId);
    },
    /** The user may no longer be in this room. */
    expelled: (ctx: Ctx, room: string): void => leave(ctx, sessionOf(room)),
  };
}

const notJoined = (): Refusal =>
  new Refusal("invalid", "invalid", {
    issues: [{ path: "sessionId", message: "must name a session that you have joined" }],
  });
