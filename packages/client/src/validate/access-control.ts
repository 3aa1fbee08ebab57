import { catalogue } from "../../../../src/protocols/diet/catalogue.ts";

export interface AccessOptions {
  /** Whether a user is in a group, which the server knows and a page may know. Nobody is where it is left out. */
  readonly isMember?: (userId: string, groupId: string) => boolean;
}

const GROUP = "group:";
const roleOf = (type: string): string | undefined =>
  Object.entries(catalogue).find(([name]) => name === type)?.[1].from;

/** Contract diet-game: Access Control. Says what the server would allow, so that a page need not offer the rest. */
export class AccessControl {
  readonly #isMember: (userId: string, groupId: string) => boolean;

  constructor({ isMember = () => false }: AccessOptions = {}) {
    this.#isMember = isMember;
  }

  /** Whether clients may send messages of this type; each speaks for its own user. */
  canSendMessage(userId: string, messageType: string): boolean {
    return userId !== "" && roleOf(messageType) === "client";
  }

  canReceiveMessage(userId: string, messageType: string): boolean {
    return userId !== "" && roleOf(messageType) !== undefined;
  }

  /** A room is `dm:<user>:<user>`, or `group:<id>`. */
  canJoinRoom(userId: string, roomId: string): boolean {
    if (userId === "") return false;
    if (roomId.startsWith(GROUP)) return this.#isMember(userId, roomId.slice(GROUP.length));
    return roomId.startsWith("dm:") && (roomId.startsWith(`dm:${userId}:`) || roomId.endsWith(`:${userId}`));
  }
}
