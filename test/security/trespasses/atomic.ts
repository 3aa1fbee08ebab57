import type { Frame } from "../../support/client.ts";
import { type Plan, SECRET } from "./trespass.ts";

const [chat, analytics, collaboration] = ["atomic chat", "atomic analytics", "atomic collaboration"];
const sent = (type: string, data: Frame, id = "m-1"): Frame => ({ type, id, data });
const error = (text: string, id?: string): Frame => ({
  type: "error",
  error: text,
  ...(id !== undefined && { id }),
});
const notOneself = error("not the sender's own id");
const edit = (sessionId: string, more: Frame = {}): Frame =>
  sent("edit", { sessionId, operation: "insert", position: 0, content: "Hi", version: 0, ...more });
const message = (content: string, id: string): Frame => ({
  room: "context:a",
  type: "message",
  data: { id, content, author: "School" },
});

export const atomic: Plan = {
  protocol: "atomic",
  prepare: [
    message(SECRET, "secret-1"),
    { room: "context:a", type: "metric_update", data: { metric: "mood", value: SECRET } },
  ],
  marker: { room: "context:a", type: "metric_update", data: { metric: "marker", value: 1 } },
  isMarker: ({ type, data }) => type === "metric_update" && data.metric === "marker",
  trespasses: {
    auth: [chat, analytics, collaboration].map((at) => ({
      what: "once more, for another context",
      ...(at !== undefined && { at }),
      frame: { type: "auth", token: "x", contextId: "a" },
      answer: error("Already authenticated"),
    })),
    ping: "names nobody, and its answer goes to its sender alone",
    message: [
      {
        what: "in another's name, by authorId",
        at: chat,
        frame: sent("message", { content: "Hi", authorId: "ada" }),
        answer: notOneself,
      },
      {
        what: "in another's name, by userId",
        at: chat,
        frame: sent("message", { content: "Hi", userId: "ada" }),
        answer: notOneself,
      },
      {
        what: "in two names",
        at: chat,
        frame: sent("message", { content: "Hi", userId: "eve", authorId: "ada" }),
        answer: notOneself,
      },
      {
        what: "with another context in it, and it stays in its own",
        at: chat,
        frame: { ...sent("message", { content: "Hi", contextId: "a", room: "context:a" }), contextId: "a" },
        answer: { type: "message", data: { authorId: "eve", content: "Hi" } },
      },
    ],
    typing: [
      {
        what: "in another's name",
        at: chat,
        frame: sent("typing", { isTyping: true, userId: "ada" }),
        answer: notOneself,
      },
    ],
    history: [
      {
        what: "from a message of another context",
        at: chat,
        frame: sent("history", { before: "secret-1" }),
        answer: { type: "error" },
      },
      {
        what: "with another context in it, and it is of its own",
        at: chat,
        frame: sent("history", { contextId: "a", limit: 100 }),
        answer: { type: "history", data: { hasMore: false } },
      },
    ],
    subscribe: [
      {
        what: "with another context in it, and it hears its own",
        at: analytics,
        frame: sent("subscribe", { contextId: "a", metrics: ["mood"] }),
        answer: { type: "metric_update", data: { metric: "mood", value: null } },
      },
    ],
    unsubscribe: "takes from its sender's own subscriptions, and names nobody",
    join_session: [
      {
        what: "another session",
        at: collaboration,
        frame: sent("join_session", { sessionId: "a", role: "participant" }),
        answer: error("Access denied"),
      },
      {
        what: "another session, to look on",
        at: collaboration,
        frame: sent("join_session", { sessionId: "a", role: "observer" }),
        answer: error("Access denied"),
      },
      {
        what: "in another's name",
        at: collaboration,
        frame: sent("join_session", { sessionId: "b", role: "participant", userId: "ada" }),
        answer: notOneself,
      },
    ],
    leave_session: [
      {
        what: "another session, which nobody hears",
        at: collaboration,
        frame: sent("leave_session", { sessionId: "a" }),
        answer: { type: "session_left", data: { sessionId: "a" } },
      },
      {
        what: "in another's name",
        at: collaboration,
        frame: sent("leave_session", { sessionId: "b", userId: "ada" }),
        answer: notOneself,
      },
    ],
    edit: [
      {
        what: "of another session",
        at: collaboration,
        frame: edit("a"),
        answer: error("Access denied"),
      },
      {
        what: "in another's name",
        at: collaboration,
        frame: edit("b", { authorId: "ada" }),
        answer: notOneself,
      },
    ],
  },
  unknown: error("Unknown message type"),
  frameOf: (kind) => sent(kind, {}),
  // Who is there, and what the server says of it by itself.
  isOrdinary: ({ type, data }) =>
    type === "metric_update" && ["activity", "engagement"].includes(data.metric),
};
