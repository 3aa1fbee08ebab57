import { kindOf, roomKindsOf } from "../core/protocol/room-name.ts";

/** The contract that a room belongs to. */
export function protocolOf(
  contracts: readonly { readonly name: string; readonly roomKinds: readonly string[] }[],
  room: string,
): string | null {
  const kind = kindOf(room);
  return contracts.find((contract) => roomKindsOf(contract).includes(kind))?.name ?? null;
}
