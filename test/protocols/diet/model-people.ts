import type { Frame } from "../../support/client.ts";
import { type Heard, inWords } from "./model-heard.ts";

/** What is waiting for a user. */
export interface Waiting {
  readonly what: string;
  readonly type: string;
  readonly from: string;
  /** Of the message; of a notification once somebody has heard it. */
  readonly id: string | undefined;
}

export interface User {
  readonly friends: Set<string>;
  readonly asked: Set<string>;
  waiting: Waiting[];
  status: string;
}

export interface Listener {
  readonly user: string;
  /** Groups. */
  readonly hears: Set<string>;
  expected: Heard[];
}

/** Who is there, what waits for whom, and who is told what. */
export class People {
  readonly listeners = new Set<Listener>();
  readonly #users = new Map<string, User>();

  constructor(users: readonly string[]) {
    const nobody = (): User => ({ friends: new Set(), asked: new Set(), waiting: [], status: "online" });
    for (const user of users) this.#users.set(user, nobody());
  }

  user(name: string): User {
    const user = this.#users.get(name);
    if (!user) throw new Error(`nobody is called ${name}`);
    return user;
  }

  isOnline = (user: string): boolean => this.of(user).length > 0;

  wait(user: string, waiting: Waiting, by?: Listener): void {
    this.user(user).waiting.push(waiting);
    this.tellUsers([user], waiting.what, by);
  }

  done(user: string, isDone: (waiting: Waiting) => boolean): Waiting[] {
    const { waiting } = this.user(user);
    this.user(user).waiting = waiting.filter((one) => !isDone(one));
    return waiting.filter(isDone);
  }

  of(...users: readonly string[]): Listener[] {
    return [...this.listeners].filter(({ user }) => users.includes(user));
  }

  tell(listeners: readonly Listener[], what: string, optional = false): void {
    for (const { expected } of listeners) expected.push({ what, optional });
  }

  /** On all their connections but the one that said it. */
  tellUsers(users: readonly string[], what: string, by?: Listener): void {
    this.tell(
      this.of(...users).filter((one) => one !== by),
      what,
    );
  }

  toFriends(user: string, what: string): void {
    this.tell(this.of(...this.user(user).friends), what);
  }

  isSeen = (user: string): boolean => this.isOnline(user) && this.user(user).status !== "offline";
  presence = (userId: string): string =>
    inWords("user.presence", { userId, status: this.user(userId).status });

  /** What a message is confirmed with: its own data, or the request that waits already. */
  answer(type: string, data: Frame): string {
    const { fromUserId, toUserId } = data;
    const own = inWords(type, data);
    if (type !== "friend.request") return own;
    const isIt = (one: Waiting) => one.type === type && one.from === fromUserId;
    return this.user(toUserId).waiting.find(isIt)?.what ?? own;
  }

  /** Somebody has heard the notification: now it has an id. */
  heard(what: string, id: string): void {
    for (const user of this.#users.values()) {
      user.waiting = user.waiting.map((one) => (one.what === what ? { ...one, id } : one));
    }
  }
}
