import type { Access } from "../inbound/access.ts";
import type { ConnectionContext } from "../inbound/context.ts";
import type { Resumption } from "../inbound/resumption.ts";
import type { Connection } from "../outbound/connection.ts";
import type { Identity } from "../ports/identity.ts";
import { Refusal } from "../protocol/refusal.ts";
import { kindOf, userRoom } from "../protocol/room-name.ts";

/** The rooms that a client asks for as it connects: the one that it enters, and those that it resumes. */
export class AskedRooms {
  constructor(
    private readonly access: Access,
    private readonly resumption: Resumption,
  ) {}

  /** Whether the user may not be in one of them, as far as this node knows. */
  areInDoubt({ protocol, resume, state }: Connection, identity: Identity): boolean {
    const isForbidden = (room: string) =>
      protocol.roomKinds.includes(kindOf(room)) && !this.access.may(identity, room);
    const entered = protocol.entrance?.(state, identity);
    return (entered !== undefined && isForbidden(entered)) || (resume?.keys().some(isForbidden) ?? false);
  }

  /** Refuses a `resume` that cannot be read, and each room in it that the user, or the guest, may not be in. */
  refuseResumes(context: ConnectionContext): void {
    const { connection } = context;
    const { protocol, resume, wrongResume } = connection;
    if (wrongResume !== undefined) {
      const issues = [{ path: "resume", message: wrongResume }];
      context.refuse(new Refusal("invalid", "invalid", { issues }));
      connection.wrongResume = undefined;
    }
    const inboxes = kindOf(userRoom(protocol.name, ""));
    for (const room of resume?.keys() ?? []) {
      const isOwnKind = protocol.roomKinds.includes(kindOf(room));
      // A guest may be in every room; where that depends on the role, the contract answers.
      if (isOwnKind && (protocol.guests || context.may(room))) continue;
      // A guest may still come as its user, with a token.
      if (context.isGuest && kindOf(room) === inboxes) continue;
      resume?.delete(room);
      const verdict = { room, after: 0, until: 0, complete: false, reason: "forbidden" } as const;
      context.replyFrame(this.resumption.frames.verdict(connection, verdict));
    }
  }
}
