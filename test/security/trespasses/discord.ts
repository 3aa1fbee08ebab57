import type { Frame } from "../../support/client.ts";
import { type Plan, SECRET } from "./trespass.ts";

const said = (type: string, more: Frame = {}): Frame => ({ v: 1, type, ts: 1, ...more });
const error = (text: string): Frame => ({ v: 1, type: "error", error: text });
const created = (name: string): Frame => ({
  room: "guild:a",
  type: "room.created",
  data: { guildId: "a", channelId: "c", name, userLimit: 0 },
});

export const discord: Plan = {
  protocol: "discord",
  prepare: [created(SECRET)],
  marker: created("the end"),
  isMarker: ({ payload }) => payload?.name === "the end",
  trespasses: {
    auth: [
      {
        what: "once more, for another guild",
        frame: said("auth", { token: "x", guildId: "a", guilds: ["a"] }),
        answer: error("Already authenticated"),
      },
    ],
  },
  unknown: error("Unknown message type"),
  frameOf: (kind) => said(kind),
};
