import type { TurnQueue } from "../log/turn-queue.ts";
import type { Asked } from "../outbound/delivery.ts";
import { POSTED, type Post, type PostedEvent, type Posting, type Target } from "../protocol/posting.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import { type FieldIssue, Refusal } from "../protocol/refusal.ts";
import { everyoneRoom, kindOf, userRoom } from "../protocol/room-name.ts";
import { safeParse } from "../protocol/safe-parse.ts";

const CONFLICT = "names another event that is stored already; an event that differs needs another id";

const TARGETS: readonly Target[] = ["room", "user", "everyone"];

/** Posts that are wrong, each field by its path from the array of posts: `0.data.chatId`. */
export class PostRefusal extends Error {
  constructor(
    readonly kind: "unknown_type" | "invalid" | "conflict",
    readonly issues: readonly FieldIssue[],
  ) {
    super("a post is refused");
  }
}

/** A valid post, and the entry to record for it. */
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
export function post(
  protocol: AnyProtocol,
  turns: TurnQueue,
  posts: readonly Post[],
  asked?: Asked,
): Promise<string[]> {
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
  turns.reserve(recordable.length);
  return stored(protocol, turns, recordable as Recordable[], asked);
}

const postingOf = ({ posts }: AnyProtocol, type: string): Posting<unknown> | undefined =>
  Object.hasOwn(posts, type) ? posts[type] : undefined;

function stored(
  { name }: AnyProtocol,
  turns: TurnQueue,
  posts: readonly Recordable[],
  asked: Asked | undefined,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const ids: string[] = [];
    const conflicts: FieldIssue[] = [];
    let left = posts.length;
    const settled = () => {
      if (--left > 0) return;
      if (conflicts.length === 0) resolve(ids);
      else reject(new PostRefusal("conflict", conflicts));
    };
    for (const [index, { room, kind, body, id, own }] of posts.entries()) {
      const entry = { protocol: name, room, kind, body, sender: null, clientId: id ?? null };
      const refused = (refusal: Refusal) => {
        if (refusal.reason !== "conflict") reject(refusal);
        conflicts.push({ path: `${index}.${id === undefined ? "data" : "id"}`, message: CONFLICT });
        settled();
      };
      const made = turns.record(entry, { applied: settled, repeated: settled, refused, asked });
      ids.push(id ?? own ?? made);
    }
    if (posts.length === 0) resolve(ids);
  });
}

type Report = (path: string, message: string) => void;

function check(
  protocol: AnyProtocol,
  { to, type, data, id, term }: Post,
  wrong: Report,
): Recordable | undefined {
  const posting = postingOf(protocol, type) ?? {};
  const parsed = safeParse(posting.schema ?? protocol.events[type], data);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) wrong(["data", ...path].join("."), message);
    return undefined;
  }
  const room = roomFor(protocol, posting, to, parsed.data, wrong);
  if (room === undefined) return undefined;
  const prepared = prepare(posting, parsed.data, room, wrong);
  if (prepared === undefined) return undefined;
  const own = posting.id?.(parsed.data);
  if (posting.entry !== undefined) return { room, kind: posting.entry, body: prepared, id, own };
  const { counted = false } = posting;
  const externalId = posting.externalId?.(prepared);
  const body: PostedEvent = {
    type,
    data: prepared,
    counted,
    externalId,
    ...(term !== undefined && { term }),
  };
  return { room, kind: POSTED, body, id, own: own ?? externalId };
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
  if (target === "everyone") return everyoneRoom(name);
  if (target === "user" && "user" in to) {
    const users = posting.users?.(data) ?? [to.user];
    if (users.includes(to.user)) return userRoom(name, to.user);
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
