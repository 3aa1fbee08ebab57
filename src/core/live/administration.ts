import { coreRoomOf, LOG_ROOM, type RoomEntries, type UserEntries } from "../log/room-entries.ts";
import type { TurnQueue } from "../log/turn-queue.ts";
import type { Entry } from "../protocol/entry.ts";
import { ERASE, type RoomErasure } from "../protocol/erasure.ts";
import type { AnyProtocol } from "../protocol/protocol.ts";
import { REDACT, type Redaction } from "../protocol/redaction.ts";
import { Refusal } from "../protocol/refusal.ts";
import { ownerOfAny } from "../protocol/room-name.ts";
import type { AccessChanges } from "./access-changes.ts";
import type { Presence } from "./presence.ts";

export interface AdministrationParts {
  readonly accessChanges: AccessChanges;
  readonly presence: Presence;
  readonly turns: TurnQueue;
  readonly protocols: ReadonlyMap<string, AnyProtocol>;
  /** The protocol of a room that is no user's own. */
  readonly ownerOf: (room: string) => AnyProtocol | undefined;
  /** The erasure of a user has begun. */
  readonly erasing?: (() => void) | undefined;
}

/** Backends' changes of rooms and users: recorded on the node that was asked, in effect on all. */
export function createAdministration({
  accessChanges,
  erasing,
  ownerOf,
  presence,
  protocols,
  turns,
}: AdministrationParts) {
  type Kinds = keyof (RoomEntries & UserEntries) | typeof ERASE;
  const effects: { [Kind in Kinds]: (entry: Entry<never>) => void } = {
    room({ room, body }: Entry<RoomEntries["room"]>) {
      if (body.title !== undefined) ownerOf(room)?.onTitleChanged?.(room);
      accessChanges.ofRoom(room);
    },
    "room.removed"({ room }) {
      const owner = ownerOf(room);
      owner?.onMembersChanged?.(room);
      accessChanges.ofRoom(room, true);
      owner?.onRoomDeleted?.(room);
      accessChanges.ofRemoval(room);
    },
    member: ({ room, body }: Entry<RoomEntries["member"]>) => memberChanged(room, body.userId, false),
    "member.removed": ({ room, body }: Entry<RoomEntries["member.removed"]>) =>
      memberChanged(room, body.userId, true),
    revoked: ({ body }: Entry<UserEntries["revoked"]>) => expire(body.userId),
    erase({ body }: Entry<UserEntries["erase"]>) {
      expire(body.userId);
      presence.forget(body.userId);
      erasing?.();
    },
    [ERASE]({ room, body: { state, userId } }: Entry<RoomErasure>) {
      if (state) ownerOfAny(protocols.values(), room)?.onUserErased?.(room, userId);
    },
  };
  function expire(userId: string): void {
    for (const one of [...presence.of(userId)]) one.refuse(new Refusal("session_expired"));
  }
  function memberChanged(room: string, userId: string, isRemoved: boolean): void {
    ownerOf(room)?.onMembersChanged?.(room);
    accessChanges.ofMember(room, userId, isRemoved);
  }

  const entry = (protocol: string, room: string, kind: string, body: unknown) => ({
    ...{ protocol, room, kind, body },
    sender: null,
    clientId: null,
  });
  const recorded = (...made: Parameters<typeof entry>): Promise<void> =>
    new Promise((resolve, reject) => {
      turns.record(entry(...made), { applied: () => resolve(), refused: reject });
    });
  /** Events about a room of a protocol or its users. */
  const recordIn = (room: string, kind: string, body: unknown) =>
    recorded(ownerOfAny(protocols.values(), room)?.name ?? "", room, kind, body);

  return {
    /** A change takes effect on every node, at the place of its entry in the log. */
    applied(change: Entry): void {
      if (Object.hasOwn(effects, change.kind)) {
        effects[change.kind as Kinds](change as Entry<never>);
      }
    },

    /** Records a backend's change of a room. Resolves when it is committed and applied; rejects with a `Refusal`. */
    async recordRoom<K extends keyof RoomEntries>(
      room: string,
      kind: K,
      body: RoomEntries[K],
    ): Promise<void> {
      const owner = ownerOf(room);
      // A protocol that keeps more of its members than the core does applies the entry itself.
      const protocol = owner && Object.hasOwn(owner.applies, kind) ? owner.name : "";
      return recorded(protocol, room, kind, body);
    },

    /** Redacts a message. Resolves when that is committed and applied; rejects with a `Refusal`. */
    redact: (room: string, body: Redaction): Promise<void> => recordIn(room, REDACT, body),

    /** Erases a user from some of a room. Resolves and rejects likewise. */
    eraseIn: async (room: string, body: RoomErasure): Promise<void> =>
      ownerOfAny(protocols.values(), room) && recordIn(room, ERASE, body),

    /** Begins to erase a user: as `revoke`, and then in steps. */
    erase: (userId: string, before: number): Promise<void> =>
      recorded("", coreRoomOf(userId), "erase", { userId, before }),

    /** Removes one step of everything up to a position of the log, at its place in the log. */
    trim(upTo: number, settled: (refused: boolean) => void): void {
      const trim = entry("", LOG_ROOM, "trim", { upTo });
      turns.record(trim, { applied: () => settled(false), refused: () => settled(true) });
    },

    /**
     * Ends every connection of a user, and refuses tokens issued before a time. Resolves to the number of connections;
     * rejects with a `Refusal`.
     */
    revoke(userId: string, before: number): Promise<number> {
      const revoked = entry("", coreRoomOf(userId), "revoked", { userId, before });
      return new Promise((resolve, reject) => {
        const asked = presence.count(userId);
        // Told before they are ended, which takes them out of the count; other nodes may have ended theirs already.
        const applied = () => resolve(Math.max(asked, presence.count(userId)));
        turns.record(revoked, { applied, refused: reject });
      });
    },
  };
}
