import type { z } from "zod";
import { kindOf } from "./access.ts";
import type { Decision } from "./apply.ts";
import type { Entry } from "./log.ts";
import type { AnyProtocol } from "./protocol.ts";
import type { FieldIssue } from "./refusal.ts";
import type { TurnQueue } from "./turn.ts";

/** What a backend lets happen: one event for a room, a user or everyone of a protocol. */
export interface Post {
  readonly to: { readonly room: string } | { readonly user: string } | { readonly everyone: true };
  readonly type: string;
  readonly data: unknown;
  /** Idempotency key: a repeat answers the same and delivers nothing. */
  readonly id?: string | undefined;
}

/** How a protocol takes one kind of event from backends. */
export interface Posting<Data> {
  /** Where backends may leave out what the server fills in; otherwise the event's own schema. */
  readonly schema?: z.ZodType<Data>;
  /** The room that the data names: the only one it may be posted to. */
  room?(data: Data): string;
  /** Before it is stored: text cleaned, for example. */
  prepare?(data: Data): Data;
  /** The id by which clients will speak of it. */
  alias?(data: Data): string | undefined;
  /** Counts as one of the room's history messages. */
  readonly counted?: boolean;
  /** The entry to record in its place. */
  readonly entry?: string;
}

/** The entry of a posted event that needs no reducer of its protocol's own. */
export interface PostedEvent {
  readonly type: string;
  readonly data: unknown;
  readonly counted: boolean;
  readonly alias: string | undefined;
}
export const POSTED = "posted";
export const applyPosted = ({ body: { type, ...made } }: Entry<PostedEvent>): Decision => ({
  events: [{ kind: type, ...made }],
});

/** Rooms of the core's own, in which every connection is that may be spoken to so. */
export const roomOfUser = (protocol: string, userId: string): string => `${protocol}-user:${userId}`;
export const roomOfAll = (protocol: string): string => `${protocol}-everyone:all`;

/** A post is wrong; `index` says which. */
export class PostRefusal extends Error {
  constructor(
    readonly kind: "unknown_type" | "invalid",
    readonly index: number,
    readonly issues: readonly FieldIssue[],
  ) {
    super(`event ${index} is refused`);
  }
}

interface Checked {
  readonly room: string;
  readonly kind: string;
  readonly body: unknown;
  readonly id: string | undefined;
}

/**
 * Checks all posts by the schemas that type the frames, then records all in one turn. Resolves to their ids
 * once they are stored. Rejects with a `PostRefusal`, and then none was recorded, or with a `Refusal`.
 */
export async function post(
  protocol: AnyProtocol,
  turns: TurnQueue,
  posts: readonly Post[],
): Promise<string[]> {
  const checked = posts.map((one, index) => check(protocol, one, index));
  return Promise.all(
    checked.map(
      ({ room, kind, body, id }) =>
        new Promise<string>((resolve, reject) => {
          const entry = { protocol: protocol.name, room, kind, body, sender: null, clientId: id ?? null };
          const stored = () => resolve(id ?? made);
          const made = turns.record(entry, { applied: stored, repeated: stored, refused: reject });
        }),
    ),
  );
}

function check(protocol: AnyProtocol, { to, type, data, id }: Post, index: number): Checked {
  const posting: Posting<unknown> | undefined = Object.hasOwn(protocol.posts, type)
    ? protocol.posts[type]
    : undefined;
  if (!posting)
    throw new PostRefusal("unknown_type", index, [
      { path: "type", message: `${protocol.name} takes no such event` },
    ]);
  const parsed = (posting.schema ?? protocol.events[type]).safeParse(data);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue: z.core.$ZodIssue) => ({
      path: ["data", ...issue.path].join("."),
      message: issue.message,
    }));
    throw new PostRefusal("invalid", index, issues);
  }
  const prepared = posting.prepare?.(parsed.data) ?? parsed.data;
  const room = roomFor(protocol, to, posting.room?.(prepared), index);
  if (posting.entry !== undefined) return { room, kind: posting.entry, body: prepared, id };
  const body: PostedEvent = {
    type,
    data: prepared,
    counted: posting.counted ?? false,
    alias: posting.alias?.(prepared),
  };
  return { room, kind: POSTED, body, id };
}

function roomFor(
  { name, roomKinds }: AnyProtocol,
  to: Post["to"],
  named: string | undefined,
  index: number,
): string {
  if ("user" in to) return roomOfUser(name, to.user);
  if ("everyone" in to) return roomOfAll(name);
  if (!roomKinds.includes(kindOf(to.room))) {
    const kinds = roomKinds.map((kind) => `${kind}:`).join(" or ");
    throw new PostRefusal("invalid", index, [
      { path: "room", message: `must be a room of ${name}, ${kinds}` },
    ]);
  }
  if (named !== undefined && named !== to.room) {
    throw new PostRefusal("invalid", index, [
      { path: "room", message: `must be ${named}, which the data names` },
    ]);
  }
  return to.room;
}
