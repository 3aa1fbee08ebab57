import { issueToken } from "../src/auth/issue.ts";
import { systemClock } from "../src/core/ports/clock.ts";
import { agree, createKeyPair, importPublicKey } from "../src/protocols/diet/encryption/key-agreement.ts";
import { SessionKey } from "../src/protocols/diet/encryption/session-key.ts";
import { secret } from "./servers.ts";

const AT = "2026-03-02T08:30:00.000Z";
const ANSWER = '"success":';
let made = 0;

/** A connection of the diet app that counts what comes, and looks into nothing but answers. */
export class Person {
  /** Frames that are no answers to it. */
  heard = 0;
  #answered: (() => void) | undefined;
  #key: { seal(text: string, now: number): string } | undefined;
  #onFrame: ((text: string) => void) | undefined;

  private constructor(
    readonly userId: string,
    readonly socket: WebSocket,
  ) {
    socket.addEventListener("message", ({ data }) => {
      this.#onFrame?.(data);
      // The head of a sealed frame is all alike: any frame answers a wait for one.
      const isAnswer = this.#key ? this.#answered !== undefined : data.includes(ANSWER);
      if (!isAnswer) this.heard++;
      else this.#answered?.();
    });
  }

  static async dial(port: number, path: string, userId: string): Promise<Person> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
    const person = new Person(userId, socket);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve, { once: true });
      socket.addEventListener("error", reject, { once: true });
    });
    return person;
  }

  /** In this group, if in any. */
  static async logIn(port: number, userId: string, groupId?: string): Promise<Person> {
    const person = await Person.dial(port, "/api/diet/ws", userId);
    await person.enter(await tokenOf(userId, groupId));
    return person;
  }

  /** Resolves when it may stay. */
  enter(token: string): Promise<void> {
    return this.#send({ type: "auth", token, userId: this.userId, sessionId: "s" });
  }

  async encrypt(): Promise<void> {
    const { publicKey, privateKey } = createKeyPair();
    const ready = new Promise<{ publicKey: string; keyId: string }>((resolve) => {
      this.#onFrame = (text) => text.includes("encryption.ready") && resolve(JSON.parse(text).data);
    });
    await this.ask("encryption.init", { publicKey });
    const server = await ready;
    this.#onFrame = undefined;
    this.#key = new SessionKey(
      server.keyId,
      agree(privateKey, importPublicKey(Buffer.from(server.publicKey, "base64"))),
    );
  }

  /** Resolves when it is answered. */
  ask(type: string, data: Record<string, unknown>): Promise<void> {
    return this.#send({ id: `f-${++made}`, type, timestamp: AT, data });
  }

  #send(frame: unknown): Promise<void> {
    const text = JSON.stringify(frame);
    return new Promise((resolve) => {
      this.#answered = () => {
        this.#answered = undefined;
        resolve();
      };
      this.socket.send(this.#key ? this.#key.seal(text, Date.now()) : text);
    });
  }
}

export function tokenOf(userId: string, groupId?: string): Promise<string> {
  const rooms = groupId === undefined ? [] : [`group:${groupId}`];
  return issueToken({ ...{ secret, userId, rooms, roles: [], ttl: "1h" }, clock: systemClock });
}

export interface Post {
  readonly user: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** At most 1,000. */
export async function post(port: number, posts: readonly Post[]): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/diet/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify(posts),
  });
  if (!response.ok) throw new Error(`posting: ${response.status}`);
}

/** What makes the two friends, for both. */
export function friendship(userId: string, friendId: string): Post[] {
  const names = { userId, friendId, friendName: friendId };
  const data = { friendshipId: `${userId}+${friendId}`, ...names, acceptedAt: AT };
  return [userId, friendId].map((user) => ({ user, type: "friend.accepted", data }));
}

export const presence = (userId: string) => ({
  ...{ userId, status: "busy", lastSeen: AT, currentActivity: "Cooks a soup" },
});
export const activity = (userId: string) => ({ userId, activity: "active", timestamp: AT });
export const groupMessage = (fromUserId: string, groupId: string) => ({
  messageId: `m-${++made}`,
  ...{ groupId, fromUserId, content: "x".repeat(200), timestamp: AT },
});
export const unread = (toUserId: string): Post => ({
  user: toUserId,
  type: "direct.message",
  data: {
    messageId: `m-${++made}`,
    ...{ fromUserId: "somebody", toUserId, content: "x".repeat(200), timestamp: AT, isRead: false },
  },
});
