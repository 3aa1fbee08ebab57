export type Role = "participant" | "observer";

/** The state of a connection: its role in each session that it has joined, by session id. */
export interface State {
  readonly sessions: Map<string, Role>;
}
export const open = (): State => ({ sessions: new Map() });

export interface Participant {
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
}

interface Present {
  readonly username: string;
  /** The user's connections in this session. */
  readonly connections: Set<State>;
}

/** Who is in which session: users, however many connections each has there. */
export class Participants {
  readonly #sessions = new Map<string, Map<string, Present>>();

  /** The highest role among the user's connections; undefined for a user who is not in the session. */
  roleOf(sessionId: string, userId: string): Role | undefined {
    const present = this.#sessions.get(sessionId)?.get(userId);
    return present && highest(sessionId, present);
  }

  /** Participants before observers. */
  all(sessionId: string): Participant[] {
    const present = Array.from(this.#sessions.get(sessionId) ?? [], ([userId, user]) => ({
      userId,
      username: user.username,
      role: highest(sessionId, user),
    }));
    const isWatching = ({ role }: Participant) => role === "observer";
    return [...present.filter((user) => !isWatching(user)), ...present.filter(isWatching)];
  }

  enter(sessionId: string, { userId, username, role }: Participant, connection: State): void {
    const users = this.#sessions.get(sessionId) ?? new Map<string, Present>();
    const present = users.get(userId) ?? { username, connections: new Set() };
    connection.sessions.set(sessionId, role);
    this.#sessions.set(sessionId, users.set(userId, present));
    present.connections.add(connection);
  }

  leave(sessionId: string, userId: string, connection: State): void {
    connection.sessions.delete(sessionId);
    const users = this.#sessions.get(sessionId);
    const present = users?.get(userId);
    if (!users || !present?.connections.delete(connection) || present.connections.size > 0) return;
    users.delete(userId);
    if (users.size === 0) this.#sessions.delete(sessionId);
  }
}

function highest(sessionId: string, { connections }: Present): Role {
  for (const { sessions } of connections) if (sessions.get(sessionId) === "participant") return "participant";
  return "observer";
}
