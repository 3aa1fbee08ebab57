import type { Frame } from "../../support/client.ts";
import { inWords } from "./model-heard.ts";
import { type Listener, People, type User } from "./model-people.ts";

interface Group {
  readonly open: boolean;
  /** Whose tokens name it. */
  readonly granted: ReadonlySet<string>;
  readonly members: Set<string>;
  /** Whom a token has brought there. */
  readonly came: Set<string>;
}

const FOR_BACKENDS = new Set(["level.up", "notification", "achievement.unlocked"]);
const PRIVATE = new Set(["meal.logged", "water.intake", "task.started", "level.up"]);
const FOR_FRIENDS = new Set(["user.activity", "post.created", "post.liked"]);
const UNSTORED = new Set(["user.activity", "user.presence", "typing.indicator"]);
const nameOf = (data: Frame): string => data["fromUserId"] ?? data["authorId"] ?? data["userId"];

/** Who must hear what, as the decisions and the access table of docs/diet.md have it. It knows nothing of the server. */
export class Model {
  readonly #people: People;
  readonly #stored = new Set<string>();
  readonly #shown = new Map<string, { frame: Frame; by: Listener }>();

  constructor(
    users: readonly string[],
    readonly groups: ReadonlyMap<string, Group>,
  ) {
    this.#people = new People(users);
  }

  user = (name: string): User => this.#people.user(name);
  answer = (type: string, data: Frame): string => this.#people.answer(type, data);

  connect(user: string): Listener {
    const listener: Listener = { user, hears: new Set(), expected: [] };
    if (!this.#people.isOnline(user)) {
      this.user(user).status = "online";
      this.#people.toFriends(user, this.#people.presence(user));
    }
    this.#people.listeners.add(listener);
    for (const friend of this.user(user).friends) {
      if (this.#people.isSeen(friend)) this.#people.tell([listener], this.#people.presence(friend));
    }
    for (const { what } of this.user(user).waiting) this.#people.tell([listener], what);
    for (const [name, { granted, members, came }] of this.groups) {
      if (granted.has(user)) came.add(user);
      if (granted.has(user) || members.has(user)) listener.hears.add(name);
    }
    return listener;
  }

  leave(listener: Listener): void {
    this.#people.listeners.delete(listener);
    for (const [key, { by }] of [...this.#shown]) if (by === listener) this.#hide(key);
    const { user } = listener;
    if (this.#people.isOnline(user)) return;
    const wasSeen = this.user(user).status !== "offline";
    this.user(user).status = "offline";
    if (wasSeen) this.#people.toFriends(user, this.#people.presence(user));
  }

  fiveSecondsPass(): void {
    for (const key of [...this.#shown.keys()]) this.#hide(key);
  }

  /** A backend has made the user a member, or no longer one. */
  member(user: string, groupName: string, is: boolean): void {
    const group = this.#group(groupName);
    if (is) group.members.add(user);
    else {
      group.members.delete(user);
      group.came.delete(user);
    }
    for (const listener of this.#people.of(user)) {
      if (is) listener.hears.add(groupName);
      else listener.hears.delete(groupName);
    }
  }

  /** Returns the answer: the code of the refusal, or "ok". */
  say(by: Listener, { id, type, data }: Frame): string {
    if (FOR_BACKENDS.has(type) || nameOf(data) !== by.user) return "FORBIDDEN";
    const group = data["groupId"];
    if (group !== undefined && !this.#may(by.user, group)) {
      // Who is no longer in it has left it.
      return type === "group.member.left" ? "ok" : "FORBIDDEN";
    }
    const frame = `${by.user} ${id}`;
    const message = type === "direct.message" ? `${by.user} says ${data["messageId"]}` : frame;
    if (this.#stored.has(frame) || this.#stored.has(message)) {
      // A mentioned user who was no member then gets nothing of it.
      if (type === "group.message") this.#mention(data);
      return "ok";
    }
    const answer = this.happens(type, data, by);
    if (answer === "ok" && !UNSTORED.has(type)) this.#stored.add(frame).add(message);
    return answer === "nothing" ? "ok" : answer;
  }

  /** A backend says it where `by` is missing. "nothing": there was nothing to be told. */
  happens(type: string, data: Frame, by?: Listener): string {
    const what = inWords(type, data);
    const who = nameOf(data);
    const tell = (users: readonly string[]) => this.#people.tellUsers(users, what, by);
    if (PRIVATE.has(type)) tell([who]);
    else if (FOR_FRIENDS.has(type)) tell([who, ...this.user(who).friends]);
    else if (type === "user.presence") {
      this.user(who).status = data["status"];
      tell([who, ...this.user(who).friends]);
    } else if (type === "notification")
      this.#people.wait(who, { what, type, from: "", id: data["notificationId"] }, by);
    else if (type === "direct.message") this.#direct(data, what, by);
    else if (type === "friend.request") return this.#request(data, what, by);
    else if (type === "friend.accepted") return this.#accept(data, what, by);
    else if (type === "message.read" || type === "notification.read") return this.#read(type, data, what, by);
    else if (type === "typing.indicator") return by ? this.#typing(data, by) : "ok";
    else if (type.startsWith("group.")) this.#inGroup(type, data, what, by);
    else this.#people.tell([...this.#people.listeners], what);
    return "ok";
  }

  /** Somebody has heard the notification: now it has an id. */
  heard(what: string, id: string): void {
    this.#people.heard(what, id);
  }

  #direct(data: Frame, what: string, by?: Listener): void {
    const { fromUserId: from, toUserId: to, messageId: id } = data;
    if (from !== to) this.#people.tellUsers([from], what, by);
    this.#people.wait(to, { what, type: "direct.message", from, id }, by);
  }

  #request({ fromUserId: from, toUserId: to }: Frame, what: string, by?: Listener): string {
    if (from === to) return "INVALID_MESSAGE_FORMAT";
    const { asked, friends } = this.user(from);
    if (asked.has(to) || friends.has(to)) return "nothing";
    asked.add(to);
    this.#people.tellUsers([from], what, by);
    this.#people.wait(to, { what, type: "friend.request", from, id: undefined }, by);
    return "ok";
  }

  #accept({ userId, friendId }: Frame, what: string, by?: Listener): string {
    if (userId === friendId) return "INVALID_MESSAGE_FORMAT";
    const [user, friend] = [this.user(userId), this.user(friendId)];
    if (user.friends.has(friendId)) return "nothing";
    if (by && !friend.asked.has(userId)) return "FORBIDDEN";
    this.#people.tellUsers([userId, friendId], what, by);
    for (const [one, other] of [
      [userId, friendId],
      [friendId, userId],
    ] as const) {
      const { asked, friends } = this.user(one);
      friends.add(other);
      asked.delete(other);
      this.#people.done(one, ({ type, from }) => type === "friend.request" && from === other);
      if (this.#people.isSeen(other)) this.#people.tell(this.#people.of(one), this.#people.presence(other));
    }
    return "ok";
  }

  #read(type: string, data: Frame, what: string, by?: Listener): string {
    const { userId, messageId, notificationId } = data;
    const kind = type === "message.read" ? "direct.message" : "notification";
    const done = this.#people.done(
      userId,
      (one) => one.type === kind && one.id === (messageId ?? notificationId),
    );
    if (done.length === 0) return "nothing";
    const users = new Set([userId, ...done.flatMap(({ from }) => (from === "" ? [] : [from]))]);
    this.#people.tellUsers([...users], what, by);
    return "ok";
  }

  #typing(data: Frame, by: Listener): string {
    const { conversationId, isTyping, userId } = data;
    if (this.groups.has(conversationId) && !this.#may(userId, conversationId)) return "FORBIDDEN";
    const key = `${conversationId} ${userId}`;
    this.#shown.delete(key);
    if (isTyping) this.#shown.set(key, { frame: data, by });
    this.#tellTyping(data, by);
    return "ok";
  }

  #hide(key: string): void {
    const shown = this.#shown.get(key);
    this.#shown.delete(key);
    if (shown) this.#tellTyping({ ...shown.frame, isTyping: false }, shown.by);
  }

  #tellTyping(data: Frame, by: Listener): void {
    const { conversationId, userId } = data;
    const what = inWords("typing.indicator", data);
    const others = [...this.#people.listeners].filter((one) => one !== by);
    if (this.groups.has(conversationId)) {
      for (const one of others)
        if (one.hears.has(conversationId)) this.#people.tell([one], what, one.user === userId);
    } else {
      const isOther = ({ user }: Listener) => user !== userId && conversationId.split(":").includes(user);
      this.#people.tell(others.filter(isOther), what);
    }
  }

  #inGroup(type: string, data: Frame, what: string, by?: Listener): void {
    const name: string = data["groupId"];
    const { members, came } = this.#group(name);
    const user = nameOf(data);
    // Nobody is told of users who are not in it.
    if (type === "group.member.left" && !members.has(user) && !came.has(user)) return;
    for (const one of this.#people.listeners) {
      if (one === by || !one.hears.has(name)) continue;
      // A user who connects may hear of it or not, on other connections of theirs.
      this.#people.tell([one], what, type === "group.member.joined" && one.user === user);
    }
    if (type === "group.member.joined") {
      members.add(user);
      for (const one of this.#people.of(user)) one.hears.add(name);
    } else if (type === "group.member.left") {
      members.delete(user);
      came.delete(user);
      for (const one of this.#people.of(user)) one.hears.delete(name);
    }
    if (type === "group.message" && by) this.#mention(data);
  }

  #mention({ content, fromUserId, groupId, mentions }: Frame): void {
    const { members, came } = this.#group(groupId);
    for (const mentioned of new Set<string>(mentions)) {
      if (mentioned === fromUserId || !(members.has(mentioned) || came.has(mentioned))) continue;
      const what = inWords("notification", { userId: mentioned, message: content, category: "social" });
      if (this.#stored.has(what)) continue;
      this.#stored.add(what);
      this.#people.wait(mentioned, { what, type: "notification", from: "", id: undefined });
    }
  }

  #may(user: string, name: string): boolean {
    const { granted, members, open } = this.#group(name);
    return open || granted.has(user) || members.has(user);
  }

  #group(name: string): Group {
    const group = this.groups.get(name);
    if (!group) throw new Error(`no group is called ${name}`);
    return group;
  }
}
