import type { Frame } from "../../support/client.ts";
import { AT } from "../../support/endpoints.ts";
import { type Plan, SECRET } from "./trespass.ts";

const shown = (type: string, payload: Frame): Frame => ({ type, payload, timestamp: AT });
const host = (more: Frame): Frame =>
  shown("connection:init", {
    ...{ clientId: "c-1", clientType: "host", capabilities: [], version: "1.0.0" },
    ...more,
  });
const error = (code: string, message: string): Frame => ({ type: "error", payload: { code, message } });
const gift = (giftId: string): Frame => ({
  room: "stream:a",
  type: "gift:received",
  data: {
    ...{ giftId, giftType: "rose", quantity: 1 },
    sender: { userId: "u1", username: SECRET, avatar: "", isSubscriber: false, isModerator: false },
    animation: { type: "particle", duration: 3000, assetUrl: "", soundUrl: "" },
  },
});

export const hyperfocus: Plan = {
  protocol: "hyperfocus",
  prepare: [gift("secret-1")],
  marker: gift("marker"),
  isMarker: ({ payload }) => payload.giftId === "marker",
  trespasses: {
    "connection:init": [
      {
        what: "as the host of another stream",
        frame: host({ streamId: "a" }),
        answer: error("FORBIDDEN", "No access to this stream"),
      },
      {
        what: "as the host of another stream, with a second token",
        frame: host({ streamId: "a", token: "x" }),
        answer: error("FORBIDDEN", "No access to this stream"),
      },
    ],
    "gift:ack": [
      {
        what: "of another stream's gift",
        frame: shown("gift:ack", { giftId: "secret-1", receivedAt: AT, rendered: true, error: null }),
        answer: error("INVALID_MESSAGE", "Unknown gift"),
      },
    ],
    "heartbeat:pong": "is kept of its own connection, for operators",
    error: "is counted for its own connection, for operators",
  },
  unknown: error("INVALID_MESSAGE", "Unknown message type"),
  frameOf: (kind) => shown(kind, {}),
  isOrdinary: ({ type }) => type === "stream:status" || type === "heartbeat:ping",
};
