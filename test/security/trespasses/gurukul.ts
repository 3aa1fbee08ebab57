import type { Frame } from "../../support/client.ts";
import { AT } from "../../support/endpoints.ts";
import { type Plan, SECRET } from "./trespass.ts";

const said = (type: string, data: Frame): Frame => ({ type, data, timestamp: 1_703_123_456_789 });
const error = (code: number, message: string): Frame => ({ type: "error", data: { code, message } });
const denied = error(403, "Access denied to chat");
const notOneself = error(403, "userId: must be your own");
const posted = (id: string, content: string): Frame => ({
  room: "chat:a",
  type: "message",
  data: {
    chatId: "a",
    message: { id, chatId: "a", userId: "u", content, role: "user", timestamp: AT, metadata: {} },
  },
});

export const gurukul: Plan = {
  protocol: "gurukul",
  prepare: [posted("secret-1", SECRET)],
  marker: posted("marker", "the end"),
  isMarker: ({ data }) => data.message?.id === "marker",
  trespasses: {
    message: [
      {
        what: "into another chat",
        frame: said("message", { chatId: "a", content: "Hi" }),
        answer: denied,
      },
      {
        what: "into another chat, to its agent",
        frame: said("message", { chatId: "a", content: "What did she say?", agentId: "therapist" }),
        answer: denied,
      },
    ],
    typing: [
      {
        what: "in another chat",
        frame: said("typing", { chatId: "a", userId: "eve", isTyping: true }),
        answer: denied,
      },
      {
        what: "in another's name",
        frame: said("typing", { chatId: "b", userId: "ada", isTyping: true }),
        answer: notOneself,
      },
    ],
    read_receipt: [
      {
        what: "in another chat",
        frame: said("read_receipt", { chatId: "a", userId: "eve", messageIds: ["secret-1"] }),
        answer: denied,
      },
      {
        what: "in another's name",
        frame: said("read_receipt", { chatId: "b", userId: "ada", messageIds: ["secret-1"] }),
        answer: notOneself,
      },
      {
        what: "of another chat's message",
        frame: said("read_receipt", { chatId: "b", userId: "eve", messageIds: ["secret-1"] }),
        answer: error(404, "Message not found"),
      },
    ],
    chat_update: [
      {
        what: "joins another chat",
        frame: said("chat_update", { chatId: "a", action: "join" }),
        answer: denied,
      },
    ],
    ping: "names nobody, and its answer goes to its sender alone",
  },
  unknown: error(400, "Unknown message type"),
  frameOf: (kind) => said(kind, {}),
  // Of the marker.
  isOrdinary: ({ type }) => type === "chat_update",
};
