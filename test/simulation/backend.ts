import type { Answer } from "../../src/verify/target.ts";
import type { Instance } from "./instance.ts";

/** Answers a backend's request as the HTTP routes would. */
export async function answer(
  instance: Instance,
  method: string,
  path: string,
  body: unknown,
): Promise<Answer> {
  const { core } = instance;
  const [, member, userId = ""] = /^\/v1\/rooms\/([^/]+)\/members\/(.+)$/.exec(path) ?? [];
  if (member !== undefined && method === "PUT") {
    await core.recordRoom(member, "member", { userId, role: null });
    return { status: 200, body: {} };
  }
  if (member !== undefined) {
    await core.recordRoom(member, "member.removed", { userId });
    return { status: 204, body: undefined };
  }
  const [, removed] = /^\/v1\/rooms\/([^/]+)$/.exec(path) ?? [];
  if (removed !== undefined) {
    await core.recordRoom(removed, "room.removed", {});
    return { status: 204, body: undefined };
  }
  const [, history] = /^\/v1\/rooms\/([^/]+)\/messages/.exec(path) ?? [];
  if (history !== undefined) return { status: 200, body: historyOf(instance, history) };
  const [, protocol = ""] = /^\/v1\/([^/]+)\/events$/.exec(path) ?? [];
  const events = body as { room: string; user?: string; type: string; data: unknown; id: string }[];
  const ids = await core.post(
    protocol,
    events.map(({ room, user, ...event }) => ({ to: user === undefined ? { room } : { user }, ...event })),
  );
  return { status: 200, body: { ids } };
}

function historyOf({ core, store }: Instance, room: string) {
  const kind = room.slice(0, room.indexOf(":"));
  const past = core.protocols.find(({ roomKinds }) => roomKinds.includes(kind))?.historyView;
  if (!past) throw new Error(`${room} has no history`);
  const events = store.page(room, { kind: past.kind, limit: 100_000 });
  return { messages: events.map((event) => past.show(event)), hasMore: false };
}
