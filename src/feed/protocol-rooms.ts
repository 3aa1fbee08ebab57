import { ownerOfAny } from "../core/protocol/room-name.ts";

/** The name of the contract that a room belongs to. */
export const protocolOf = (
  contracts: readonly { readonly name: string; readonly roomKinds: readonly string[] }[],
  room: string,
): string | null => ownerOfAny(contracts, room)?.name ?? null;
