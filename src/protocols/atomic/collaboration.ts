import type { z } from "zod";
import type { Context } from "../../core/protocol/context.ts";
import type { AnyProtocol, Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import type { Rule } from "../../core/protocol/rule.ts";
import { nameOf } from "../../core/protocol/shown.ts";
import { documentOf, type Entries } from "./edits.ts";
import { wrong } from "./refusals.ts";
import { sender } from "./sender.ts";
import { type events, type messages, type Role, roomOf, type State, sessionOf } from "./session.ts";

/** Sessions that one connection may join. */
const MAX_SESSIONS = 100;
/** Bytes of a `session_joined` frame around its document and its participants. */
const HEAD_BYTES = 2_048;

/** What a connection is in a session. */
interface Seat {
  readonly username: string;
  readonly role: Role;
}

/** The user's role there, through any of their connections; undefined for a user who is not there. */
const highest = (seats: readonly Seat[]): Seat | undefined =>
  seats.find(({ role }) => role === "participant") ?? seats[0];

const byRole = (one: Partial<Seat>, other: Partial<Seat>): number =>
  Number(one.role === "observer") - Number(other.role === "observer");

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
  { roster, settings, state }: Pick<Services<typeof events, Entries>, "roster" | "settings" | "state">,
  envelope: AnyProtocol["envelope"],
) {
  /** By session and user, what each connection is there. The others see users. */
  const participants = roster<Seat>(
    "atomic session",
    ({ group: sessionId, key: userId, before, after }, tell) => {
      const [was, is] = [highest(before), highest(after)];
      if (is?.role === was?.role) return;
      const room = roomOf(sessionId);
      if (is) tell(room, "participant_joined", { sessionId, userId, ...is });
      else if (was) tell(room, "participant_left", { sessionId, userId, username: was.username });
    },
  );
  /** Leaves room for the participants: `session_joined` carries the document and them in one frame. */
  const maxBytes = Math.floor(settings.maxFrameBytes * 0.75);

  function leave(ctx: Ctx, sessionId: string, quiet = false): void {
    const { sessions } = ctx.state;
    const role = sessions.get(sessionId);
    if (role === undefined) return;
    sessions.delete(sessionId);
    ctx.undo(() => sessions.set(sessionId, role));
    participants.delete(ctx, sessionId, ctx.identity.userId, quiet);
  }

  /** As many of the session's users as fit into this number of bytes, participants before observers. */
  function fitting(sessionId: string, room: number) {
    const all = Array.from(participants.of(sessionId), ([userId, seats]) => ({ userId, ...highest(seats) }));
    let bytes = 0;
    return all.sort(byRole).filter((one) => {
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
      const before = sessions.get(sessionId);
      sessions.set(sessionId, role);
      ctx.undo(() => (before ? sessions.set(sessionId, before) : sessions.delete(sessionId)));
      participants.set(ctx, sessionId, ctx.identity.userId, { username: nameOf(ctx.identity), role });
      const { ref } = ctx;
      const greet = () => {
        const { text: content, version, bytes } = documentOf(state(room));
        const participants = fitting(sessionId, settings.maxFrameBytes - bytes - HEAD_BYTES);
        const joined = { sessionId, content, version, participants };
        return [envelope("session_joined", JSON.stringify(joined), { time: ctx.now(), clientId: ref })];
      };
      // The document contains every edit so far.
      ctx.join(room, greet, { contained: true });
    },

    /** A user who is not in the session has left it. */
    leave_session(ctx: Ctx, { sessionId }: Message<"leave_session">): void {
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
      // Everybody leaves at once, so no event says that the others left.
      leave(ctx, sessionId, true);
      ctx.leave(room);
      ctx.reply("session_left", { sessionId });
      ctx.refuse(new Refusal("not_found", "The session was removed"));
    },
  };
}

const notJoined = () => wrong("sessionId", "must name a session that you have joined");
const tooMany = () => wrong("sessionId", `must be one of at most ${MAX_SESSIONS}: leave another first`);
