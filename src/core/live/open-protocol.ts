import { createSystemSender } from "../inbound/system-sender.ts";
import type { Applier } from "../log/apply.ts";
import type { Turns } from "../log/turn.ts";
import type { Connection } from "../outbound/connection.ts";
import type { Rooms } from "../outbound/rooms.ts";
import type { AnyProtocol, ProtocolFactory } from "../protocol/protocol.ts";
import type { OpenRoster } from "../protocol/roster.ts";
import type { Schemas } from "../protocol/schemas.ts";
import type { Presence } from "./presence.ts";
import type { Rosters } from "./roster.ts";

type Services = Parameters<ProtocolFactory>[0];

export interface OpeningParts
  extends Pick<
    Services,
    "agent" | "clock" | "health" | "history" | "members" | "rank" | "settings" | "report"
  > {
  readonly applier: Applier;
  readonly presence: Presence;
  readonly resume: (connection: Connection, room: string) => void;
  readonly rooms: Rooms;
  readonly rosters: Rosters;
  readonly turns: Turns;
}

/** Makes a protocol, with what it may use of the core. */
export function openProtocol(parts: OpeningParts, factory: ProtocolFactory): AnyProtocol {
  const { applier, presence, resume, rooms, rosters, turns, ...services } = parts;
  const systemSender = createSystemSender(
    () => protocol,
    services.clock,
    turns,
    rooms,
    (userId) => presence.of(userId),
    resume,
  );
  /** What follows from other nodes' connections waits for nothing that this node has recorded. */
  const roster: OpenRoster<Schemas> = (name, changed) =>
    rosters.open(name, changed, (room, kind, data) => {
      const frame = protocol.envelope(kind, JSON.stringify(data), { time: services.clock.now() });
      turns.after(() => rooms.publish(room, frame));
    });
  const state = (room: string) => {
    const state = applier.state(protocol.name, room);
    if (!rooms.has(room)) applier.idle(room);
    return state;
  };
  const protocol = factory({ ...services, systemSender, roster, state });
  return protocol;
}
