import type { EventType } from "../../../src/protocols/diet/schema.ts";

// The contract once more, in its own order: what its fields take, and what they must refuse.

export interface Field {
  readonly optional?: true;
  readonly right: readonly unknown[];
  readonly wrong: readonly unknown[];
}
export type Fields = Record<string, Field>;

export const MAX_CONTENT = 60;

const LONE_SURROGATE = "a\ud800b";
const NO_STRINGS = [null, 7, true, {}, ["a"]];
const NO_NUMBERS = [null, "7", true, {}, Number.NaN, Number.POSITIVE_INFINITY];

const field = (right: readonly unknown[], ...wrong: readonly unknown[]): Field => ({ right, wrong });
const optional = (it: Field): Field => ({ ...it, optional: true });
const texts = (least: number, most: number) =>
  field(
    ["é <b>&", "x".repeat(most), "x".repeat(least)],
    ...NO_STRINGS,
    LONE_SURROGATE,
    "x".repeat(most + 1),
    ...(least > 0 ? [""] : []),
  );

const visible = (most: number) =>
  field(
    ["a:b", "x".repeat(most)],
    ...NO_STRINGS,
    LONE_SURROGATE,
    "",
    "a b",
    "a\n",
    "*",
    "x".repeat(most + 1),
  );
const id = visible(128);
const conversationId = visible(260);
const time = field(
  ["2026-03-02T07:30:00Z", "2028-02-29T23:59:59.123+02:00"],
  ...NO_STRINGS,
  "",
  "yesterday",
  "2026-03-02",
  "2026-03-02T07:30:00",
  "2026-02-29T07:30:00Z",
  "2026-13-02T07:30:00Z",
  "2026-03-02T24:30:00Z",
  `2026-03-02T07:30:00.${"0".repeat(30)}Z`,
);
const name = texts(1, 200);
const short = texts(0, 200);
const long = texts(0, 1_000);
const word = texts(1, 64);
/** As it is sent. Characters, not UTF-16 units. */
export const content = { ...texts(1, MAX_CONTENT), right: ["x", "🥗".repeat(MAX_CONTENT)] };
/** As it is kept. */
export const stored = field(["", "x".repeat(3 * MAX_CONTENT)], ...NO_STRINGS, LONE_SURROGATE);
const boolean = field([true, false], null, 1, "true", {});
/** Of what clients send. */
export const no = field([false], null, true, 0, "false", {});
const count = field([0, 1, Number.MAX_SAFE_INTEGER], ...NO_NUMBERS, -1, 1.5, Number.MAX_SAFE_INTEGER + 1);
const quantity = field([0, 0.5, 1e9], ...NO_NUMBERS, -0.5, 1e9 + 1);
const between = (least: number, most: number) =>
  field([least, most, (least + most) / 2], ...NO_NUMBERS, least - 0.001, most + 0.001);
const percent = between(0, 100);
const otherCase = (text: string) => (text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase());
const oneOf = (...words: string[]) => field(words, ...NO_STRINGS, "", "other", ...words.map(otherCase));
const list = (one: unknown, most: number) =>
  field([[], Array(most).fill(one)], null, {}, one, [null], Array(most + 1).fill(one));
const object = field([], null, 7, "x", []);
const webUrls = ["https://a.example/b?c=d#e", "HTTP://a.example"];
const noUrls = [
  ...NO_STRINGS,
  "",
  "a",
  "javascript:alert(1)",
  "data:text/html,x",
  "ftp://a.example",
  "https:a.example",
  " https://a.example",
  "https://a.exa\nmple",
  "https://",
  "https://a.example:99999",
  `https://a.example/${LONE_SURROGATE}`,
  `https://a.example/${"x".repeat(2_048)}`,
];
const url = field(webUrls, ...noUrls, "/a");
const link = field(
  [...webUrls, "/", "/a/b?c"],
  ...noUrls,
  "//a.example",
  "/\\a.example",
  "/a b",
  `/${"x".repeat(2_048)}`,
);
const anything = field([null, 7, "x", [1], { a: 1 }]);

const service = oneOf("up", "down");

/** A dotted path is a field of a field; `0` is the first of a list. */
export const CONTRACT: Record<EventType, Fields> = {
  "user.activity": {
    userId: id,
    activity: oneOf("online", "offline", "idle", "active"),
    timestamp: time,
    location: optional(object),
    "location.latitude": between(-90, 90),
    "location.longitude": between(-180, 180),
  },
  "user.presence": {
    userId: id,
    status: oneOf("online", "away", "busy", "offline"),
    lastSeen: time,
    currentActivity: optional(short),
  },
  "task.started": { taskId: id, userId: id, taskName: name, startedAt: time, estimatedDuration: count },
  "task.completed": {
    taskId: id,
    userId: id,
    taskName: name,
    completedAt: time,
    duration: count,
    xpEarned: count,
    coinsEarned: count,
  },
  "task.progress": {
    taskId: id,
    userId: id,
    progress: percent,
    currentStep: short,
    estimatedTimeRemaining: count,
  },
  "meal.logged": {
    mealId: id,
    userId: id,
    mealType: oneOf("breakfast", "lunch", "dinner", "snack"),
    mealName: name,
    calories: quantity,
    loggedAt: time,
  },
  "nutrition.goal.update": {
    userId: id,
    goalType: oneOf("calories", "protein", "carbs", "fat"),
    current: quantity,
    target: quantity,
    progress: percent,
    updatedAt: time,
  },
  "water.intake": { userId: id, amount: count, totalToday: count, goal: count, loggedAt: time },
  "achievement.unlocked": {
    achievementId: id,
    userId: id,
    achievementName: name,
    description: long,
    xpReward: count,
    coinReward: count,
    rarity: oneOf("common", "uncommon", "rare", "epic", "legendary"),
    unlockedAt: time,
  },
  "level.up": {
    userId: id,
    previousLevel: count,
    newLevel: count,
    xpEarned: count,
    totalXP: count,
    xpToNext: count,
    rewards: object,
    "rewards.coins": count,
    "rewards.achievements": list("early-bird", 100),
    "rewards.achievements.0": name,
    "rewards.items": list("golden-spoon", 100),
    "rewards.items.0": name,
    leveledUpAt: time,
  },
  "streak.update": {
    userId: id,
    streakType: oneOf("daily", "weekly", "monthly"),
    currentStreak: count,
    previousStreak: count,
    isBroken: boolean,
    updatedAt: time,
  },
  "friend.request": {
    requestId: id,
    fromUserId: id,
    fromUserName: name,
    toUserId: id,
    message: optional(texts(0, 500)),
    sentAt: time,
  },
  "friend.accepted": { friendshipId: id, userId: id, friendId: id, friendName: name, acceptedAt: time },
  "post.created": {
    postId: id,
    authorId: id,
    authorName: name,
    content,
    type: oneOf("achievement", "progress", "tip", "question"),
    createdAt: time,
  },
  "post.liked": { postId: id, userId: id, userName: name, likedAt: time },
  "ai.coach.message": {
    messageId: id,
    conversationId: id,
    userId: id,
    message: content,
    isFromAI: boolean,
    timestamp: time,
    suggestions: optional(list("Why?", 10)),
    "suggestions.0": texts(0, 500),
  },
  "ai.insight": {
    insightId: id,
    userId: id,
    type: oneOf("nutrition", "progress", "habit", "goal"),
    title: name,
    description: long,
    confidence: between(0, 1),
    actionable: boolean,
    createdAt: time,
  },
  "direct.message": {
    messageId: id,
    fromUserId: id,
    toUserId: id,
    content,
    timestamp: time,
    isRead: boolean,
    attachments: optional(list({ type: "image/png", url: "https://a.example" }, 10)),
    "attachments.0": object,
    "attachments.0.id": optional(id),
    "attachments.0.type": word,
    "attachments.0.url": url,
    "attachments.0.name": optional(name),
    "attachments.0.size": optional(count),
  },
  "message.read": { messageId: id, userId: id, readAt: time },
  "typing.indicator": { userId: id, isTyping: boolean, conversationId },
  "group.message": {
    messageId: id,
    groupId: id,
    fromUserId: id,
    content,
    timestamp: time,
    mentions: optional(list("u2", 50)),
    "mentions.0": id,
  },
  "group.member.joined": { groupId: id, userId: id, userName: name, joinedAt: time },
  "group.member.left": { groupId: id, userId: id, userName: name, leftAt: time },
  notification: {
    notificationId: id,
    userId: id,
    title: name,
    message: long,
    type: oneOf("info", "success", "warning", "error"),
    category: oneOf("task", "achievement", "social", "system"),
    actionUrl: optional(link),
    createdAt: time,
  },
  "notification.read": { notificationId: id, userId: id, readAt: time },
  "system.status": {
    status: oneOf("healthy", "degraded", "down"),
    services: object,
    "services.api": service,
    "services.database": service,
    "services.ai": service,
    "services.notifications": service,
    message: optional(long),
    timestamp: time,
  },
  maintenance: {
    startTime: time,
    endTime: time,
    description: long,
    affectedServices: list("api", 50),
    "affectedServices.0": name,
    isScheduled: boolean,
  },
  error: {
    code: oneOf(
      "AUTHENTICATION_FAILED",
      "INVALID_MESSAGE_FORMAT",
      "RATE_LIMIT_EXCEEDED",
      "CONNECTION_TIMEOUT",
      "INTERNAL_SERVER_ERROR",
      "SERVICE_UNAVAILABLE",
    ),
    message: long,
    details: optional(anything),
    timestamp: time,
  },
  rate_limit_exceeded: { limit: count, window: count, resetTime: time },
  reconnect: { attempt: count, maxAttempts: count, nextAttemptIn: count },
};

const reference = optional(texts(0, 128));
export const FRAMES: Record<"envelope" | "auth" | "encryptionInit", Fields> = {
  envelope: {
    id,
    type: word,
    timestamp: time,
    data: object,
    metadata: optional(object),
    "metadata.userId": reference,
    "metadata.sessionId": reference,
    "metadata.requestId": reference,
    "metadata.correlationId": reference,
  },
  auth: { type: oneOf("auth"), token: field(["x"], ...NO_STRINGS, ""), userId: id, sessionId: id },
  encryptionInit: {
    publicKey: field(
      [`${"A".repeat(43)}=`],
      ...NO_STRINGS,
      LONE_SURROGATE,
      "",
      "A".repeat(44),
      `${"A".repeat(42)}==`,
      `${"-".repeat(43)}=`,
      `${"A".repeat(44)}=`,
    ),
  },
};
