import type { UserRows } from "../core/ports/user-rows.ts";
import { concerns, type PersonalData } from "../core/protocol/personal-data.ts";
import { ownerOfAny } from "../core/protocol/room-name.ts";
import { iso } from "../core/protocol/time.ts";
import { encodeEvent } from "./encode.ts";

interface ExportParts {
  readonly rows: UserRows;
  /** Times in milliseconds since the epoch. */
  stored(userId: string): { readonly lastActive: number | null; readonly revokedBefore: number | null };
  /** The user's own rooms. Everything in them is about the user. */
  readonly rooms: readonly string[];
  readonly protocols: readonly {
    readonly name: string;
    readonly roomKinds: readonly string[];
    readonly personalData?: PersonalData;
  }[];
}

const line = (type: string, fields: object): string => `${JSON.stringify({ type, ...fields })}\n`;
const timeOf = (time: number | null): string | null => (time === null ? null : iso(time));

/**
 * Everything that is stored by or about a user when it begins, as lines of JSON, a few at a time. The last line says
 * how many there were, so that a reader sees whether it has all of them.
 */
export async function* exportUser(
  userId: string,
  { rows, stored, rooms, protocols }: ExportParts,
): AsyncGenerator<string> {
  const last = rows.lastEvent();
  let lines = 0;
  const counted = (all: readonly string[]): string => {
    lines += all.length;
    return all.join("");
  };
  const { lastActive, revokedBefore } = stored(userId);
  const user = { id: userId, lastActive: timeOf(lastActive), tokensRefusedBefore: timeOf(revokedBefore) };
  yield counted([line("user", user)]);
  for (let after: number | undefined = 0; after !== undefined; ) {
    const step = rows.memberships(userId, after);
    yield counted(
      step.rows.map(({ room, role, time }) => line("membership", { room, role, since: iso(time) })),
    );
    after = step.next;
  }
  for (let after: number | undefined = 0; after !== undefined; ) {
    const step = rows.receipts(userId, after);
    yield counted(
      step.rows.map(({ room, offset, time }) => line("receipt", { room, offset, time: iso(time) })),
    );
    after = step.next;
  }
  for (let after: number | undefined = 0; after !== undefined; ) {
    const step = rows.state(userId, after, rooms);
    const own = step.rows.filter(({ room, key, value }) => {
      const { personalData } = ownerOfAny(protocols, room) ?? {};
      return rooms.includes(room) || personalData?.eraseState?.(key, value, userId) !== undefined;
    });
    yield counted(own.map(({ room, key, value }) => line("state", { room, key, value })));
    after = step.next;
  }
  for (let after: number | undefined = 0; after !== undefined && after < last; ) {
    const step = rows.events(userId, after, rooms);
    const own = step.rows.filter((event) => {
      const owner = ownerOfAny(protocols, event.room);
      return rooms.includes(event.room) || concerns(owner?.personalData, event, userId);
    });
    yield counted(
      own.map(
        (event) =>
          `{"type":"event",${encodeEvent(event, ownerOfAny(protocols, event.room)?.name ?? null).slice(1)}\n`,
      ),
    );
    after = step.next;
  }
  yield line("end", { lines });
}
