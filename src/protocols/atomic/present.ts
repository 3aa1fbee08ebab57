interface Connections {
  all: number;
  chat: number;
}

/** Who is in which context now: users, however many connections each has there. */
export class Present {
  readonly #contexts = new Map<string, Map<string, Connections>>();

  /** True when the user was not in its chat before. */
  enter(room: string, userId: string, isChat: boolean): boolean {
    const users = this.#contexts.get(room) ?? new Map<string, Connections>();
    const connections = users.get(userId) ?? { all: 0, chat: 0 };
    this.#contexts.set(room, users.set(userId, connections));
    connections.all++;
    if (isChat) connections.chat++;
    return isChat && connections.chat === 1;
  }

  /** True when the user is no longer in its chat. */
  leave(room: string, userId: string, isChat: boolean): boolean {
    const users = this.#contexts.get(room);
    const connections = users?.get(userId);
    if (!users || !connections) return false;
    connections.all--;
    if (isChat) connections.chat--;
    if (connections.all === 0) users.delete(userId);
    if (users.size === 0) this.#contexts.delete(room);
    return isChat && connections.chat === 0;
  }

  users(room: string): string[] {
    return [...(this.#contexts.get(room)?.keys() ?? [])];
  }
}
