import { z } from "zod";
import { id } from "../../core/protocol/identifiers.ts";
import { createContent, verbatim } from "../../core/protocol/text-schemas.ts";
import { activity } from "./schema/activity.ts";
import { createChat } from "./schema/chat.ts";
import { createCoach, createCoachQuestion } from "./schema/coach.ts";
import { isoTime, storedText, word } from "./schema/fields.ts";
import { gamification } from "./schema/gamification.ts";
import { notifications } from "./schema/notifications.ts";
import { nutrition } from "./schema/nutrition.ts";
import { createSocial } from "./schema/social.ts";
import { system } from "./schema/system.ts";
import { tasks } from "./schema/tasks.ts";

const createAll = (content: z.ZodString) => ({
  ...activity,
  ...tasks,
  ...nutrition,
  ...gamification,
  ...createSocial(content),
  ...createCoach(content),
  ...createChat(content),
  ...notifications,
  ...system,
});

/** Every type of the contract as the server sends it, as the `data` of the frame. */
export const events = createAll(storedText);

/** The same types as backends post them, with the limits of client messages. */
export const createPosted = (maxContentLength: number) => createAll(createContent(maxContentLength));

/** The types that clients may send, as the `data` of the frame. All others are for backends. */
export const createMessages = (maxContentLength: number) => {
  const content = createContent(maxContentLength);
  const social = createSocial(content);
  const chat = createChat(content);
  return {
    ...activity,
    "task.started": tasks["task.started"],
    "task.progress": tasks["task.progress"],
    "meal.logged": nutrition["meal.logged"],
    "water.intake": nutrition["water.intake"],
    ...social,
    ...chat,
    "notification.read": notifications["notification.read"],
    "ai.coach.message": createCoachQuestion(content),
  };
};

const reference = verbatim(128).optional();

/** The envelope of every message but `auth` (contract: Base Message Structure). */
export const envelope = z
  .object({
    id,
    type: word,
    timestamp: isoTime,
    data: z.looseObject({}),
    metadata: z
      .object({ userId: reference, sessionId: reference, requestId: reference, correlationId: reference })
      .optional(),
  })
  .meta({
    examples: [
      {
        id: "frame-1",
        type: "typing.indicator",
        timestamp: "2026-03-02T08:29:00.000Z",
        data: { userId: "u1", isTyping: true, conversationId: "dm:u1:u2" },
        metadata: { userId: "u1", sessionId: "phone", requestId: "request-7", correlationId: "chat-7" },
      },
    ],
  });

/** The first message, without an envelope (contract: Authentication). */
export const auth = z
  .object({
    type: z.literal("auth", "must be auth"),
    token: z.string().min(1, "must not be empty"),
    userId: id,
    sessionId: id,
  })
  .meta({ examples: [{ type: "auth", token: "<token>", userId: "u1", sessionId: "phone" }] });

/** The `data` of `encryption.init`. */
export const encryptionInit = z
  .object({
    /** X25519, base64. */
    publicKey: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, "must be 32 bytes in base64"),
  })
  .meta({ examples: [{ publicKey: "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo=" }] });

type Events = typeof events;
export type EventType = keyof Events;
export type MessageType = keyof ReturnType<typeof createMessages>;
/** The data of a type. */
export type Data<Type extends EventType> = z.output<Events[Type]>;

export type UserActivity = Data<"user.activity">;
export type UserPresence = Data<"user.presence">;
export type FriendRequest = Data<"friend.request">;
export type FriendAccepted = Data<"friend.accepted">;
export type Post = Data<"post.created">;
export type PostLiked = Data<"post.liked">;
export type CoachMessage = Data<"ai.coach.message">;
export type DirectMessage = Data<"direct.message">;
export type Attachment = NonNullable<DirectMessage["attachments"]>[number];
export type MessageRead = Data<"message.read">;
export type TypingIndicator = Data<"typing.indicator">;
export type GroupMessage = Data<"group.message">;
export type MemberJoined = Data<"group.member.joined">;
export type MemberLeft = Data<"group.member.left">;
export type Notification = Data<"notification">;
export type NotificationRead = Data<"notification.read">;
export type ErrorEvent = Data<"error">;
export type ErrorCode = ErrorEvent["code"];
