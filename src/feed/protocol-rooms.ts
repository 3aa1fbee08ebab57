import { everyoneRoom, kindOf, userRoom } from "../core/protocol/room-name.ts";

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

/** The contract that a room belongs to. */
export function protocolOf(contracts: readonly Contract[], room: string): string | null {
  const kind = kindOf(room);
  return contracts.find((contract) => roomKindsOf(contract).includes(kind))?.name ?? null;
}
