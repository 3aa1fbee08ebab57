import type { z } from "zod";
import { kindOf } from "./access.ts";
import type { Decision } from "./apply.ts";
import type { Entry } from "./log.ts";
import type { AnyProtocol } from "./protocol.ts";
import { type FieldIssue, Refusal } from "./refusal.ts";
import { safeParse } from "./safe-parse.ts";
import type { TurnQueue } from "./turn.ts";

/** What a backend lets happen: one event for a room, a user or everyone of a protocol. */
export interface Post {
  readonly to: { readonly room: string } | { readonly user: string } | { readonly everyone: true };
  readonly type: string;
  readonly data: unknown;
  /** Idempotency key: a repeat answers the same and delivers nothing. */
  readonly id?: string | undefined;
}

export type Target = "room" | "user" | "everyone";

/** How a protocol takes one kind of event from backends. */
export interface Posting<Data> {
  /** Where backends may leave out what the server fills in: what the rest takes. Otherwise the event's own. */
  readonly schema?: z.ZodType;
  /** The room that the data names, if it names one: the only one it may be posted to. */
  room?(data: Data): string | undefined;
  /** Whom it may be posted to; otherwise to all of these. */
  readonly to?: readonly Target[];
  /** The users that the data names, if it names any: of users only one of them may it be posted to. */
  users?(data: Data): readonly string[] | undefined;
  /** It is for rooms of these kinds; otherwise for all of its protocol. */
  readonly roomKinds?: readonly string[];
  /**
   * Before it is stored: text cleaned, for example; the body of the `entry`, where there is one. May throw a
   * `Refusal`, and then nothing of the request is stored; the paths of its issues are within the data.
   */
  prepare?(data: Data, room: string): unknown;
  /** The event's own id: answers the post where that has none. */
  id?(data: Data): string | undefined;
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
export const applyPosted = ({ body: { type, data, counted, alias } }: Entry<PostedEvent>): Decision => ({
  events: [{ kind: type, data, counted, alias }],
});

const TARGETS: readonly Target[] = ["room", "user", "everyone"];

/** Rooms of the core's own, in which every connection is that may be spoken to so. */
export const roomOfUser = (protocol: string, userId: string): string => `${protocol}-user:${userId}`;
export const roomOfAll = (protocol: string): string => `${protocol}-everyone:all`;

/** Posts that are wrong, each field by its path from the array of posts: `0.data.chatId`. */
export class PostRefusal extends Error {
  constructor(
    /** Unknown, or wrong. */
    readonly kind: "unknown_type" | "invalid",
    readonly issues: readonly FieldIssue[],
  ) {
    super("a post is refused");
  }
}

/** A post that is right: what is recorded for it. */
interface Recordable {
  readonly room: string;
  readonly kind: string;
  readonly body: unknown;
  /** Idempotency key. */
  readonly id: string | undefined;
  /** The event's own id. */
  readonly own: string | undefined;
}

/**
 * Checks all posts by the schemas that type the frames, then records all in one turn. Throws a `PostRefusal`, and then
 * none was recorded. Resolves to their ids once they are stored, or rejects with a `Refusal`.
 */
export function post(protocol: AnyProtocol, turns: TurnQueue, posts: readonly Post[]): Promise<string[]> {
  const issues: FieldIssue[] = [];
  for (const [index, { type }] of posts.entries()) {
    if (postingOf(protocol, type)) continue;
    issues.push({ path: `${index}.type`, message: `${protocol.name} takes no such event` });
  }
  if (issues.length > 0) throw new PostRefusal("unknown_type", issues);
  const recordable = posts.map((one, index) =>
    check(protocol, one, (path, message) => issues.push({ path: `${index}.${path}`, message })),
  );
  if (issues.length > 0) throw new PostRefusal("invalid", issues);
  turns.together(recordable.length);
  return stored(protocol, turns, recordable as Recordable[]);
}

const postingOf = ({ posts }: AnyProtocol, type: string): Posting<unknown> | undefined =>
  Object.hasOwn(posts, type) ? posts[type] : undefined;

function stored({ name }: AnyProtocol, turns: TurnQueue, posts: readonly Recordable[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const ids: string[] = [];
    let left = posts.length;
    const settled = () => --left === 0 && resolve(ids);
    const waiting = { applied: settled, repeated: settled, refused: reject };
    for (const { room, kind, body, id, own } of posts) {
      const entry = { protocol: name, room, kind, body, sender: null, clientId: id ?? null };
      const made = turns.record(entry, waiting);
      ids.push(id ?? own ?? made);
    }
    if (posts.length === 0) resolve(ids);
  });
}

type Report = (path: string, message: string) => void;

function check(protocol: AnyProtocol, { to, type, data, id }: Post, wrong: Report): Recordable | undefined {
  const posting = postingOf(protocol, type) ?? {};
  const parsed = safeParse(posting.schema ?? protocol.events[type], data);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) wrong(["data", ...path].join("."), message);
    return undefined;
  }
  const room = roomFor(protocol, posting, to, parsed.data, wrong);
  if (room === undefined) return undefined;
  const own = posting.id?.(parsed.data);
  const prepared = prepare(posting, parsed.data, room, wrong);
  if (posting.entry !== undefined) return { room, kind: posting.entry, body: prepared, id, own };
  const { counted = false } = posting;
  const body: PostedEvent = { type, data: prepared, counted, alias: posting.alias?.(prepared) };
  return { room, kind: POSTED, body, id, own };
}

function prepare(posting: Partial<Posting<unknown>>, data: unknown, room: string, wrong: Report): unknown {
  try {
    return posting.prepare?.(data, room) ?? data;
  } catch (error) {
    if (!(error instanceof Refusal) || error.reason !== "invalid") throw error;
    for (const { path, message } of error.issues) wrong(`data.${path}`, message);
    return undefined;
  }
}

function roomFor(
  protocol: AnyProtocol,
  posting: Partial<Posting<unknown>>,
  to: Post["to"],
  data: unknown,
  wrong: Report,
): string | undefined {
  const { name } = protocol;
  const { roomKinds = protocol.roomKinds, to: targets = TARGETS } = posting;
  const target = TARGETS.find((one) => one in to && targets.includes(one));
  if (target === "everyone") return roomOfAll(name);
  if (target === "user" && "user" in to) {
    const users = posting.users?.(data) ?? [to.user];
    if (users.includes(to.user)) return roomOfUser(name, to.user);
    wrong("user", `must be ${users.join(" or ")}, whom the data names`);
  } else if (!targets.includes("room")) {
    wrong(targets.join(", "), `${name} takes this event only for: ${targets.join(", ")}`);
  } else if (!("room" in to) || !roomKinds.includes(kindOf(to.room))) {
    wrong("room", `must be a room of ${name}, ${roomKinds.map((kind) => `${kind}:<id>`).join(" or ")}`);
  } else if (protocol.reserved?.(to.room) !== undefined) {
    wrong("room", protocol.reserved(to.room) ?? "");
  } else {
    const named = posting.room?.(data);
    if (named === undefined || named === to.room) return to.room;
    wrong("room", `must be ${named}, which the data names`);
  }
  return undefined;
}
