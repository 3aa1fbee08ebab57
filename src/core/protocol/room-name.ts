export const kindOf = (room: string): string => room.slice(0, Math.max(0, room.indexOf(":")));

/** The name that stands for all rooms of a kind. */
export const allOf = (kind: string): string => `${kind}:*`;

/** Rooms of the core's own, in which every connection is that may be spoken to so. */
export const userRoom = (protocol: string, userId: string): string => `${protocol}-user:${userId}`;

const everyoneRooms = new Map<string, string>();

/** The same text each time: every connection keeps it. */
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

/** Every kind of room whose events are a contract's: its own, and the core's for its users. */
export const roomKindsOf = ({ name, roomKinds }: Contract): string[] => [
  ...roomKinds,
  kindOf(userRoom(name, "")),
  kindOf(everyoneRoom(name)),
];

/** Whether a contract's events may be stored in it: not in one that stands for all of its kind, or lies in another. */
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
