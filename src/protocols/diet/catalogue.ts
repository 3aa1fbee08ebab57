import type { Data, EventType, MessageType } from "./schema.ts";

/** The users or connections that get an event. */
export type Audience =
  /** The user's own connections alone, because health data is private. */
  | "own"
  /** The user's friends and the user's own connections. */
  | "friends"
  /** Both users of a friendship or request. */
  | "both"
  /** The others in the conversation: of `dm:<user>:<user>`, or of a group. */
  | "conversation"
  /** The members of the group. */
  | "group"
  | "everyone"
  /** The one connection that the event is about. */
  | "connection";

type UserField<Type extends EventType> = Extract<keyof Data<Type>, "userId" | "fromUserId" | "authorId">;

interface Row<Type extends EventType> {
  /**
   * Who may send it. Backends may post everything that a client may send. `server`: only the server sends it.
   */
  readonly from: Type extends MessageType ? "client" : "backend" | "server";
  /** The field with the id of the user to whom the event belongs. A client must be that user. */
  readonly user: [UserField<Type>] extends [never] ? null : UserField<Type>;
  readonly to: Audience;
}

/**
 * Who may send which event, and who gets it: one line per type of the contract (contract: Access Control).
 */
export const catalogue: { readonly [Type in EventType]: Row<Type> } = {
  "user.activity": { from: "client", user: "userId", to: "friends" },
  "user.presence": { from: "client", user: "userId", to: "friends" },

  "task.started": { from: "client", user: "userId", to: "own" },
  "task.progress": { from: "client", user: "userId", to: "own" },
  "task.completed": { from: "backend", user: "userId", to: "own" },

  "meal.logged": { from: "client", user: "userId", to: "own" },
  "nutrition.goal.update": { from: "backend", user: "userId", to: "own" },
  "water.intake": { from: "client", user: "userId", to: "own" },

  "achievement.unlocked": { from: "backend", user: "userId", to: "own" },
  "level.up": { from: "backend", user: "userId", to: "own" },
  "streak.update": { from: "backend", user: "userId", to: "own" },

  "friend.request": { from: "client", user: "fromUserId", to: "both" },
  "friend.accepted": { from: "client", user: "userId", to: "both" },
  "post.created": { from: "client", user: "authorId", to: "friends" },
  "post.liked": { from: "client", user: "userId", to: "friends" },

  "ai.coach.message": { from: "client", user: "userId", to: "own" },
  "ai.insight": { from: "backend", user: "userId", to: "own" },

  "direct.message": { from: "client", user: "fromUserId", to: "both" },
  "message.read": { from: "client", user: "userId", to: "both" },
  "typing.indicator": { from: "client", user: "userId", to: "conversation" },
  "group.message": { from: "client", user: "fromUserId", to: "group" },
  "group.member.joined": { from: "client", user: "userId", to: "group" },
  "group.member.left": { from: "client", user: "userId", to: "group" },

  notification: { from: "backend", user: "userId", to: "own" },
  "notification.read": { from: "client", user: "userId", to: "own" },

  "system.status": { from: "backend", user: null, to: "everyone" },
  maintenance: { from: "backend", user: null, to: "everyone" },
  error: { from: "server", user: null, to: "connection" },
  rate_limit_exceeded: { from: "server", user: null, to: "connection" },
  reconnect: { from: "server", user: null, to: "connection" },
};

// A client may send a type such as `constructor`.
const isEventType = (type: string): type is EventType => Object.hasOwn(catalogue, type);

/**
 * A type of the contract that no client may send: it is FORBIDDEN, while a type outside the contract is
 * unknown.
 */
export const isForbiddenToClients = (type: string): boolean =>
  isEventType(type) && catalogue[type].from !== "client";
