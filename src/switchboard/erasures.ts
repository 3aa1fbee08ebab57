import type { Core } from "../core/core.ts";
import type { Storage } from "../storage/open.ts";
import type { Nodes } from "./nodes.ts";

/** Goes on with the erasures of users; returns what to call when there may be a new one. */
export const startErasures = (storage: Storage, core: Core, nodes: Nodes): (() => void) =>
  storage.startErasures({
    roomsOf: core.roomsOfUser,
    concerns: core.concerns,
    eraseIn: core.eraseIn,
    removeRoom: (room) => core.recordRoom(room, "room.removed", {}),
    removeMember: (room, userId) => core.recordRoom(room, "member.removed", { userId }),
    rank: core.rank,
    finishedElsewhere: async (userId) =>
      (await nodes.ask("erased", [userId])).answers.some(({ answer: [finishedAt] }) => finishedAt != null),
  });
