import { catalogue } from "../../../src/protocols/diet/catalogue.ts";
import { createMessages, type MessageType } from "../../../src/protocols/diet/schema.ts";
import type { Frame } from "../../support/client.ts";
import { AT, dietSamples, enveloped } from "../../support/endpoints.ts";
import { type Plan, SECRET, type Trespass } from "./trespass.ts";

const failure = (code: string): Frame => ({ success: false, error: { code } });
const forbidden = failure("FORBIDDEN");
const done: Frame = { success: true };

const isMessage = (type: string): type is MessageType => Object.hasOwn(createMessages(1), type);
const samples = dietSamples((type) => (isMessage(type) ? catalogue[type].user : ""));
const sampleOf = (type: MessageType): Frame => samples.find((frame) => frame["type"] === type) ?? {};
/** Eve's own, but for what `more` says. */
const byEve = (type: MessageType, more: Frame): Frame =>
  enveloped(type, { ...sampleOf(type)["data"], [catalogue[type].user]: "eve", ...more });

const inGroup = (type: MessageType): Trespass => ({
  what: "in another group",
  frame: byEve(type, { groupId: "a" }),
  answer: forbidden,
});
const more: Readonly<Partial<Record<MessageType, readonly Trespass[]>>> = {
  "group.message": [
    inGroup("group.message"),
    {
      what: "that mentions a user who is not in the group and hears nothing of it",
      frame: byEve("group.message", { groupId: "b", mentions: ["ada"] }),
      answer: done,
    },
  ],
  "group.member.joined": [inGroup("group.member.joined")],
  "group.member.left": [
    {
      what: "of another group, which nobody hears",
      frame: byEve("group.member.left", { groupId: "a" }),
      answer: done,
    },
  ],
  "typing.indicator": [
    {
      what: "between others",
      frame: byEve("typing.indicator", { conversationId: "dm:ada:bob" }),
      answer: forbidden,
    },
    {
      what: "in another group",
      frame: byEve("typing.indicator", { conversationId: "a" }),
      answer: forbidden,
    },
  ],
  "friend.accepted": [
    {
      what: "which nobody has asked",
      frame: byEve("friend.accepted", { friendId: "ada" }),
      answer: forbidden,
    },
  ],
  "message.read": [
    {
      what: "of another's message, which stays unread",
      frame: byEve("message.read", { messageId: "secret-1" }),
      answer: done,
    },
  ],
  "notification.read": [
    {
      what: "of another's notification, which stays unread",
      frame: byEve("notification.read", { notificationId: "secret-2" }),
      answer: done,
    },
  ],
  "user.presence": [{ what: "which only friends see", frame: byEve("user.presence", {}), answer: done }],
  "user.activity": [{ what: "which only friends see", frame: byEve("user.activity", {}), answer: done }],
  "post.created": [{ what: "which only friends see", frame: byEve("post.created", {}), answer: done }],
  "post.liked": [{ what: "which only friends see", frame: byEve("post.liked", {}), answer: done }],
};

const own = { user: "ada" };
const note = (notificationId: string): Frame => ({
  ...own,
  type: "notification",
  data: {
    ...{ notificationId, userId: "ada", title: SECRET, message: SECRET },
    ...{ type: "info", category: "social", createdAt: AT },
  },
});

export const diet: Plan = {
  protocol: "diet",
  prepare: [
    {
      ...own,
      type: "direct.message",
      data: {
        ...{ messageId: "secret-1", fromUserId: "bob", toUserId: "ada", content: SECRET },
        ...{ timestamp: AT, isRead: false },
      },
    },
    note("secret-2"),
  ],
  marker: note("marker"),
  isMarker: ({ type, data }) => type === "notification" && data.notificationId === "marker",
  trespasses: {
    ...Object.fromEntries(
      samples.map((frame): [string, readonly Trespass[]] => {
        const type: string = frame["type"];
        const theft = { what: "in another's name", frame, answer: forbidden };
        return [type, [theft, ...((isMessage(type) && more[type]) || [])]];
      }),
    ),
    auth: [
      {
        what: "once more, as another",
        frame: { type: "auth", token: "x", userId: "ada", sessionId: "s" },
        answer: { type: "error", data: { code: "INVALID_MESSAGE_FORMAT", message: "Already authenticated" } },
      },
    ],
    "encryption.init": "is about its own connection alone",
  },
  unknown: { success: false },
  frameOf: (kind) => enveloped(kind, {}),
};
