export const kindOf = (room: string): string => room.slice(0, Math.max(0, room.indexOf(":")));

/** The name that stands for all rooms of a kind. */
export const allOf = (kind: string): string => `${kind}:*`;

/** The room of all connections of a user. The core has it, and no client can join it. */
export const userRoom = (protocol: string, userId: string): string => `${protocol}-user:${userId}`;

const everyoneRooms = new Map<string, string>();

/** The room of all connections of a protocol. The same string each time, because every connection keeps it. */
export function everyoneRoom(protocol: string): string {
  const known = everyoneRooms.get(protocol);
  if (known !== undefined) return known;
  const room = `${protocol}-everyone:all`;
  everyoneRooms.set(protocol, room);
  return room;
}

interface Contract {
  readonly name: string;
  readonly roomKinds: readonly string[];
}

/** All kinds of rooms that hold events of a contract: its own, and the core's for its users. */
export const roomKindsOf = ({ name, roomKinds }: Contract): string[] => [
  ...roomKinds,
  kindOf(userRoom(name, "")),
  kindOf(everyoneRoom(name)),
];

/**
 * Whether events of the contract may be stored in the room: not if its name stands for all rooms of a kind, or for a
 * part of another room.
 */
export const isStored = (contract: Contract, room: string): boolean => {
  const kind = kindOf(room);
  return roomKindsOf(contract).includes(kind) && room !== allOf(kind) && !room.includes(" ");
};

/** The contract that a room belongs to, also one of the core's own. */
export function ownerOfAny<One extends Contract>(contracts: Iterable<One>, room: string): One | undefined {
  const kind = kindOf(room);
  for (const contract of contracts) if (roomKindsOf(contract).includes(kind)) return contract;
  return undefined;
}
