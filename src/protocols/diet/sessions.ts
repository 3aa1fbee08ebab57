import type { UserPresence } from "./schema.ts";

interface Present {
  connections: number;
  status: UserPresence["status"];
  currentActivity: string | undefined;
}

/** Which users are online, through how many connections, and which status they show. */
export class Sessions {
  readonly #users = new Map<string, Present>();

  /** True for the user's first connection. */
  enter(userId: string): boolean {
    const present = this.#users.get(userId);
    if (present) present.connections++;
    else this.#users.set(userId, { connections: 1, status: "online", currentActivity: undefined });
    return present === undefined;
  }

  /** True for the user's last connection. */
  leave(userId: string): boolean {
    const present = this.#users.get(userId);
    if (!present || --present.connections > 0) return false;
    return this.#users.delete(userId);
  }

  show(userId: string, { status, currentActivity }: UserPresence): void {
    const present = this.#users.get(userId);
    if (present) Object.assign(present, { status, currentActivity });
  }

  /** Undefined for a user who is offline or hides their presence. */
  presenceOf(userId: string, now: string): UserPresence | undefined {
    const present = this.#users.get(userId);
    if (!present || present.status === "offline") return undefined;
    const { status, currentActivity } = present;
    return { userId, status, lastSeen: now, ...(currentActivity !== undefined && { currentActivity }) };
  }
}
