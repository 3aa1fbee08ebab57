import type { Frame } from "../../support/client.ts";
import { AT } from "../../support/diet.ts";
import type { Model } from "./model.ts";
import type { Posted, Word } from "./model-script.ts";

/** The words of a script as frames, and as posts: each with ids and texts that nothing else has. */
export class Words {
  #made = 0;

  constructor(
    private readonly play: string,
    private readonly users: readonly string[],
    private readonly groups: readonly string[],
    private readonly model: Model,
  ) {}

  frame(word: Word, user: string): Frame {
    return { id: this.next("frame"), timestamp: AT, ...this.#said(word, user) };
  }

  /** Backends share one space of ids, so that the play is in it. */
  next = (what: string): string => `${this.play}-${what}-${++this.#made}`;

  #said(word: Word, user: string): { type: string; data: Frame } {
    switch (word.say) {
      case "presence":
        return { type: "user.presence", data: { userId: user, status: word.status, lastSeen: AT } };
      case "accept":
        return this.#between("accept", user, this.#asking(user)[word.to] ?? this.users[word.to]!);
      case "request":
      case "direct":
        return this.#between(word.say, user, this.users[word.to]!);
      case "read":
      case "read note":
        return this.#read(word.say, user, word.nth);
      case "join":
      case "leave":
        return this.#group(word.say, user, this.groups[word.group]!);
      case "group": {
        const mentions = word.mentions.map((n) => this.users[n]!);
        return this.#inGroup(user, this.groups[word.group]!, mentions);
      }
      case "typing": {
        const other = this.users[word.to]!;
        const to = other === user ? this.users[(word.to + 1) % this.users.length]! : other;
        return this.#typing(user, `dm:${[user, to].sort().join(":")}`, word.on);
      }
      case "typing in group":
        return this.#typing(user, this.groups[word.group]!, word.on);
      case "forged":
        return this.#forged(word.kind, user, this.users[word.as]!);
      default:
        return this.#alone(word.say, user);
    }
  }

  posts(posted: Posted): { user?: string; room?: string; everyone?: true; type: string; data: Frame }[] {
    switch (posted.post) {
      case "everyone": {
        const services = { api: "up", database: "up", ai: "up", notifications: "up" };
        const data = { status: "healthy", services, message: this.next("status"), timestamp: AT };
        return [{ everyone: true, type: "system.status", data }];
      }
      case "group": {
        const group = this.groups[posted.group]!;
        return [{ room: `group:${group}`, ...this.#inGroup("the-app", group, []) }];
      }
      case "note":
      case "level":
      case "meal":
      case "post": {
        const user = this.users[posted.to]!;
        return [{ user, ...this.#alone(posted.post, user) }];
      }
      default: {
        const [from, to] = [this.users[posted.from]!, this.users[posted.to]!];
        const said = this.#between(posted.post === "friends" ? "accept" : posted.post, from, to);
        return from === to ? [] : [from, to].map((user) => ({ user, ...said }));
      }
    }
  }

  #between(say: "request" | "accept" | "direct", from: string, to: string): { type: string; data: Frame } {
    const both = { fromUserId: from, toUserId: to };
    if (say === "request") {
      const names = { requestId: this.next("request"), fromUserName: from };
      return { type: "friend.request", data: { ...names, ...both, sentAt: AT } };
    }
    if (say === "accept") {
      const data = { friendshipId: this.next("friendship"), userId: from, friendId: to, friendName: to };
      return { type: "friend.accepted", data: { ...data, acceptedAt: AT } };
    }
    const messageId = this.next("message");
    const more = { content: `text of ${messageId}`, timestamp: AT, isRead: false };
    return { type: "direct.message", data: { messageId, ...both, ...more } };
  }

  /** Who waits for the user's answer. */
  #asking(user: string): string[] {
    const { waiting } = this.model.user(user);
    return waiting.flatMap(({ from, type }) => (type === "friend.request" ? [from] : []));
  }

  #read(say: "read" | "read note", userId: string, nth: number): { type: string; data: Frame } {
    const kind = say === "read" ? "direct.message" : "notification";
    const ids = this.model.user(userId).waiting.flatMap(({ id, type }) => (type === kind && id ? [id] : []));
    const id = ids[nth % ids.length] ?? this.next("unknown");
    return say === "read"
      ? { type: "message.read", data: { messageId: id, userId, readAt: AT } }
      : { type: "notification.read", data: { notificationId: id, userId, readAt: AT } };
  }

  #group(say: "join" | "leave", userId: string, groupId: string): { type: string; data: Frame } {
    const who = { groupId, userId, userName: userId };
    return say === "join"
      ? { type: "group.member.joined", data: { ...who, joinedAt: AT } }
      : { type: "group.member.left", data: { ...who, leftAt: AT } };
  }

  #inGroup(fromUserId: string, groupId: string, mentions: readonly string[]): { type: string; data: Frame } {
    const messageId = this.next("message");
    const data = { messageId, groupId, fromUserId, content: `text of ${messageId}`, timestamp: AT, mentions };
    return { type: "group.message", data };
  }

  #typing(userId: string, conversationId: string, isTyping: boolean): { type: string; data: Frame } {
    return { type: "typing.indicator", data: { userId, isTyping, conversationId } };
  }

  #forged(kind: string, user: string, as: string): { type: string; data: Frame } {
    const who = as === user ? this.users.find((one) => one !== user)! : as;
    if (kind === "level") return this.#alone("level", user);
    if (kind === "meal" || kind === "post") return this.#alone(kind, who);
    return this.#between(kind as "request" | "accept" | "direct", who, user);
  }

  #alone(
    say: "activity" | "meal" | "water" | "task" | "post" | "like" | "level" | "note",
    userId: string,
  ): { type: string; data: Frame } {
    switch (say) {
      case "activity":
        return { type: "user.activity", data: { userId, activity: "active", timestamp: AT } };
      case "meal": {
        const what = { mealType: "lunch", mealName: "Soup", calories: 300, loggedAt: AT };
        return { type: "meal.logged", data: { mealId: this.next("meal"), userId, ...what } };
      }
      case "water":
        return {
          type: "water.intake",
          data: { userId, amount: ++this.#made, totalToday: 900, goal: 2_000, loggedAt: AT },
        };
      case "task": {
        const what = { taskName: "Walk", startedAt: AT, estimatedDuration: 60 };
        return { type: "task.started", data: { taskId: this.next("task"), userId, ...what } };
      }
      case "post": {
        const postId = this.next("post");
        const what = { authorName: userId, content: `text of ${postId}`, type: "tip", createdAt: AT };
        return { type: "post.created", data: { postId, authorId: userId, ...what } };
      }
      case "like":
        return {
          type: "post.liked",
          data: { postId: this.next("post"), userId, userName: userId, likedAt: AT },
        };
      case "level": {
        const xp = { xpEarned: 5, totalXP: ++this.#made, xpToNext: 9 };
        const rewards = { coins: 1, achievements: [], items: [] };
        const levels = { userId, previousLevel: 1, newLevel: 2 };
        return { type: "level.up", data: { ...levels, ...xp, rewards, leveledUpAt: AT } };
      }
      case "note": {
        const notificationId = this.next("note");
        const what = { title: "Well done", message: notificationId, type: "info", category: "task" };
        return { type: "notification", data: { notificationId, userId, ...what, createdAt: AT } };
      }
    }
  }
}
