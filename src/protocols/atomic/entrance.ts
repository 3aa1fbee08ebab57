import { z } from "zod";
import type { Identity } from "../../core/ports/identity.ts";
import { id } from "../../core/protocol/identifiers.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { roomOf } from "./contexts.ts";
import { wrong } from "./refusals.ts";
import { type State as InSessions, open as openSessions } from "./session.ts";

type Endpoint = "chat" | "analytics" | "collaboration";
const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  "/api/chat/ws": "chat",
  "/api/analytics/ws": "analytics",
  "/api/collaboration/ws": "collaboration",
};
export const paths = Object.keys(ENDPOINTS);

/** A connection's roster value in the context that it has entered. */
export interface Visit {
  readonly username: string;
  readonly isChat: boolean;
}

/** The state of a connection. */
export interface State extends InSessions {
  readonly endpoint: Endpoint;
  /** The context that the client asked for, in the query or in its auth message. */
  asked: string | undefined;
  /** The context that the client has entered; a collaboration needs none. */
  contextId: string | undefined;
  /** The room of the context, while the connection is in it. */
  room: string | undefined;
  /** Metrics that the connection is subscribed to. */
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

/** Rules: the endpoint on which a message is allowed, and the room that it belongs to. */
export const at =
  (endpoint: Endpoint) =>
  (state: State): boolean =>
    state.endpoint === endpoint;
export const room = (_message: unknown, { contextId }: State): string | undefined =>
  contextId === undefined ? undefined : roomOf(contextId);

/** A claim of another shape grants nothing. */
const claim = z.object({ contextId: id });

/** The room of the context that the token names. */
export function grants(claims: Readonly<Record<string, unknown>>): string[] {
  const { success, data } = claim.safeParse(claims);
  return success ? [roomOf(data.contextId)] : [];
}

/**
 * The context of a connection: the one it asks for, or else the one its token names. Throws a `Refusal` where
 * there is none (a collaboration needs none) and where the user has no access to it.
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

/** The room of that context, whether or not the user has access to it. */
export function entrance({ asked }: State, identity: Identity): string | undefined {
  const contextId = asked || named(identity);
  return id.safeParse(contextId).success ? roomOf(contextId!) : undefined;
}

/** The room of a connection's context. Throws a `Refusal` once the connection has lost that context. */
export function contextRoom({ room }: State): string {
  if (room === undefined) throw new Refusal("forbidden");
  return room;
}

/** The context in the token's claim, or the only context that the token grants. */
function named({ claims, grants: granted }: Identity): string | undefined {
  const claimed = claim.safeParse(claims);
  if (claimed.success) return claimed.data.contextId;
  const ids = granted.map((grant) => /^context:(.+)$/s.exec(grant)?.[1]);
  const contexts = new Set(ids.filter((one) => id.safeParse(one).success));
  return contexts.size === 1 ? [...contexts][0] : undefined;
}
