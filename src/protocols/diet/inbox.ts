import type { History } from "../../core/ports/history.ts";
import type { Row, TrimmedEvent } from "../../core/ports/store.ts";
import type { StateChange } from "../../core/protocol/personal-data.ts";

import { isInbox, userOf } from "./rooms.ts";
import type { FriendRequest } from "./schema.ts";

/** An event that is pending in an inbox until its user has read or answered it. */
export interface Waiting {
  readonly type: "direct.message" | "notification" | "friend.request";
  /** Id of the message or notification, or of the user who asks for friendship. */
  readonly id: string;
  readonly from: string;
}

const WAITING = "waiting ";
const FRIEND = "friend ";
const ASKED = "asked ";

/** The row that says that an inbox's user has this friend, or has asked this user. */
export const friendKey = (userId: string): string => FRIEND + userId;
export const askedKey = (userId: string): string => ASKED + userId;

const waitingIn = (key: string, value: string): Waiting | undefined =>
  key.startsWith(WAITING) ? JSON.parse(value) : undefined;

/** The offsets of the requests for friendship by this user that are pending in these rows of an inbox. */
export const asksFor = (rows: ReadonlyMap<string, string>, userId: string): number[] =>
  Array.from(rows).flatMap(([key, value]) => {
    const { type, id } = waitingIn(key, value) ?? {};
    return type === "friend.request" && id === userId ? [Number(key.slice(WAITING.length))] : [];
  });

/** The keys of what is pending about an event of an inbox. They go when retention removes the event. */
export function pendingOf({ room, offset, kind, body }: TrimmedEvent): readonly string[] {
  if (!isInbox(room)) return [];
  const waiting = WAITING + offset;
  if (kind !== "friend.request") return [waiting];
  const { fromUserId, toUserId }: FriendRequest = JSON.parse(body());
  return userOf(room) === fromUserId ? [askedKey(toUserId)] : [waiting];
}

/** A row of another user's inbox without this user: what is pending from them is so no longer. */
export function eraseFromInbox(
  key: string,
  value: string,
  userId: string,
): readonly StateChange[] | undefined {
  const isTheirs =
    key === friendKey(userId) || key === askedKey(userId) || waitingIn(key, value)?.from === userId;
  return isTheirs ? [[key, null]] : undefined;
}

/** The state of a user, in rows of the inbox. Each change returns its rows. */
export class Inbox {
  /** By offset, the oldest first. */
  readonly #waiting = new Map<number, Waiting>();
  /** How many pending events each sender has here. */
  readonly #from = new Map<string, number>();
  /** Offsets by type and id. */
  readonly #known = new Map<string, number[]>();
  readonly #friends = new Set<string>();
  readonly #asked = new Set<string>();

  static restore(room: string, history: History): Inbox {
    const inbox = new Inbox();
    const waiting: [number, Waiting][] = [];
    for (const [key, value] of history.state(room)) {
      if (key.startsWith(FRIEND)) inbox.#friends.add(key.slice(FRIEND.length));
      else if (key.startsWith(ASKED)) inbox.#asked.add(key.slice(ASKED.length));
      else waiting.push([Number(key.slice(WAITING.length)), JSON.parse(value)]);
    }
    waiting.sort(([a], [b]) => a - b);
    for (const [offset, one] of waiting) inbox.#put(offset, one);
    return inbox;
  }

  get friends(): ReadonlySet<string> {
    return this.#friends;
  }

  /** How many events are pending. */
  get size(): number {
    return this.#waiting.size;
  }

  waitingFrom(user: string): number {
    return this.#from.get(user) ?? 0;
  }

  isWaiting(offset: number): boolean {
    return this.#waiting.has(offset);
  }

  /** Offsets, the oldest first. */
  waiting(): number[] {
    return [...this.#waiting.keys()];
  }

  /** The senders of the pending events with this id: several, if they gave their messages the same id. */
  sendersOf(type: Waiting["type"], id: string): string[] {
    return this.#find(type, id).flatMap((offset) => this.#waiting.get(offset)?.from ?? []);
  }

  add(offset: number, waiting: Waiting): Row[] {
    this.#put(offset, waiting);
    return [{ table: "state", key: WAITING + offset, value: JSON.stringify(waiting) }];
  }

  /** Empty when nothing of this type and id is pending. */
  done(type: Waiting["type"], id: string): Row[] {
    const offsets = this.#find(type, id);
    this.#known.delete(keyOf(type, id));
    for (const offset of offsets) this.#take(offset);
    return offsets.map((offset) => ({ table: "state", key: WAITING + offset, value: null }));
  }

  /** The users whom this user has asked for friendship and who have not answered. */
  get asked(): ReadonlySet<string> {
    return this.#asked;
  }

  isAskedBy(other: string): boolean {
    return this.askedAt(other) !== undefined;
  }

  /** The offset of the pending request of this user. */
  askedAt(other: string): number | undefined {
    return this.#find("friend.request", other)[0];
  }

  ask(other: string): Row[] {
    this.#asked.add(other);
    return [{ table: "state", key: askedKey(other), value: "" }];
  }

  befriend(other: string): Row[] {
    this.#friends.add(other);
    this.#asked.delete(other);
    return [
      ...this.done("friend.request", other),
      { table: "state", key: askedKey(other), value: null },
      { table: "state", key: friendKey(other), value: "" },
    ];
  }

  #find(type: Waiting["type"], id: string): readonly number[] {
    return this.#known.get(keyOf(type, id)) ?? [];
  }

  #put(offset: number, waiting: Waiting): void {
    this.#waiting.set(offset, waiting);
    const key = keyOf(waiting.type, waiting.id);
    const known = this.#known.get(key);
    if (known) known.push(offset);
    else this.#known.set(key, [offset]);
    this.#from.set(waiting.from, this.waitingFrom(waiting.from) + 1);
  }

  #take(offset: number): void {
    const from = this.#waiting.get(offset)?.from ?? "";
    this.#waiting.delete(offset);
    const left = this.waitingFrom(from) - 1;
    if (left > 0) this.#from.set(from, left);
    else this.#from.delete(from);
  }
}

const keyOf = (type: Waiting["type"], id: string): string => `${type} ${id}`;

export function inboxFrom(state: unknown): Inbox {
  if (state instanceof Inbox) return state;
  throw new Error("the room is not an inbox");
}
