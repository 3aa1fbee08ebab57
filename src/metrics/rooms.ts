import type { AnyProtocol } from "../core/protocol/protocol.ts";
import { allOf, kindOf } from "../core/protocol/room-name.ts";
import type { Exposition } from "./exposition.ts";

export function exposeRooms(
  exposition: Exposition,
  protocols: Iterable<AnyProtocol>,
  rooms: Iterable<string>,
): void {
  const kinds = new Map([...protocols].flatMap(({ roomKinds }) => roomKinds).map((kind) => [kind, 0]));
  for (const name of rooms) {
    const kind = kindOf(name);
    const count = kinds.get(kind);
    // Rooms of a protocol's or the core's own, and the rooms of those who are in all rooms of a kind, are not
    // rooms to operators.
    if (count === undefined || name === allOf(kind) || name.includes(" ")) continue;
    kinds.set(kind, count + 1);
  }
  exposition.gauge(
    "switchboard_rooms",
    "Rooms with at least one connection, by kind.",
    [...kinds].map(([kind, count]) => [{ kind }, count]),
  );
}
