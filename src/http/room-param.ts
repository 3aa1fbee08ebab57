import type { Context } from "hono";
import { z } from "zod";
import { roomName } from "../core/protocol/identifiers.ts";
import type { AnyProtocol } from "../core/protocol/protocol.ts";
import { kindOf } from "../core/protocol/room-name.ts";
import { check, Problem } from "./problem.ts";

/** The contract whose clients can join the room. */
export const ownerOf = (protocols: readonly AnyProtocol[], room: string): AnyProtocol | undefined =>
  protocols.find(({ roomKinds }) => roomKinds.includes(kindOf(room)));

/** The room in the path, and the contract that it belongs to. Throws a `Problem` if no contract can have such a room. */
export function roomOf(
  protocols: readonly AnyProtocol[],
  c: Context<object, "/:room">,
): { readonly room: string; readonly owner: AnyProtocol } {
  const room = c.req.param("room");
  const owner = ownerOf(protocols, room);
  if (!owner) {
    const kinds = protocols.flatMap(({ roomKinds }) => roomKinds).map((kind) => `${kind}:<id>`);
    throw new Problem(404, `No contract has rooms of this kind: rooms are ${kinds.join(", ")}`);
  }
  const name = roomName.superRefine((room, { addIssue }) => {
    const reason = owner.reserved?.(room);
    if (reason !== undefined) addIssue({ code: "custom", message: reason });
  });
  check(z.object({ room: name }), { room });
  return { room, owner };
}
