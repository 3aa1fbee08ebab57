import { z } from "zod";
import type { Identity } from "../../core/identity.ts";
import { id } from "../../core/names.ts";
import { Refusal } from "../../core/refusal.ts";
import { cleanText } from "../../core/text.ts";
import { roomOf } from "./contexts.ts";
import { type State as InSessions, open as openSessions } from "./participants.ts";
import { wrong } from "./refuse.ts";

type Endpoint = "chat" | "analytics" | "collaboration";
const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  "/api/chat/ws": "chat",
  "/api/analytics/ws": "analytics",
  "/api/collaboration/ws": "collaboration",
};
export const paths = Object.keys(ENDPOINTS);

/** What is kept of a connection. */
export interface State extends InSessions {
  readonly endpoint: Endpoint;
  /** The context that it asks for, by the query or by its auth message. */
  asked: string | undefined;
  /** The context that it was let into; a collaboration may be in none. */
  contextId: string | undefined;
  /** The room of its context, while it is in it. */
  room: string | undefined;
  /** Metrics that it is subscribed to. */
  readonly metrics: Set<string>;
}

export const open = (url: URL): State => ({
  ...openSessions(),
  endpoint: ENDPOINTS[url.pathname] ?? "chat",
  asked: url.searchParams.get("contextId") ?? undefined,
  contextId: undefined,
  room: undefined,
  metrics: new Set(),
});

/** Rules of what may be said on an endpoint, and of the room that it is about there. */
export const at =
  (endpoint: Endpoint) =>
  (state: State): boolean =>
    state.endpoint === endpoint;
export const room = (_message: unknown, { contextId }: State): string | undefined =>
  contextId === undefined ? undefined : roomOf(contextId);

/** Another shape opens nothing. */
const claim = z.object({ contextId: id });

/** The room of the context that the token is for. */
export function grants(claims: Readonly<Record<string, unknown>>): string[] {
  const { success, data } = claim.safeParse(claims);
  return success ? [roomOf(data.contextId)] : [];
}

/**
 * The context of a connection: the one it asks for, or else the one its token is for. Throws a `Refusal` where
 * there is none, but for a collaboration, and where it is not open to the user.
 */
export function contextOf(
  { endpoint, asked }: State,
  identity: Identity,
  may: (room: string) => boolean,
): string | undefined {
  const contextId = asked || named(identity);
  if (contextId === undefined) {
    if (endpoint === "collaboration") return undefined;
    throw wrong("contextId", "must be in the query, the auth message or the token");
  }
  if (!id.safeParse(contextId).success || !may(roomOf(contextId))) {
    throw new Refusal("forbidden", "Access denied to context");
  }
  return contextId;
}

/** The room of a connection's context, for what only its context is about. Throws a `Refusal` once it has lost that. */
export function contextRoom({ room }: State): string {
  if (room === undefined) throw new Refusal("forbidden");
  return room;
}

/** The context of the token's claim, or the only one that it grants. */
function named({ claims, grants: granted }: Identity): string | undefined {
  const claimed = claim.safeParse(claims);
  if (claimed.success) return claimed.data.contextId;
  const ids = granted.map((grant) => /^context:(.+)$/s.exec(grant)?.[1]);
  const contexts = new Set(ids.filter((one) => id.safeParse(one).success));
  return contexts.size === 1 ? [...contexts][0] : undefined;
}

/** As others see the user. */
export const nameOf = ({ name, userId }: Identity): string => cleanText(name ?? "").trim() || userId;
