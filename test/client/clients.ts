import {
  AnalyticsWebSocketClient,
  ChatWebSocketClient,
  type ClientOptions,
  CollaborationWebSocketClient,
  DietWebSocketClient,
  GiftHostClient,
  GiftViewerClient,
  GurukulClient,
  VoiceChannelClient,
} from "../../packages/client/src/index.ts";
import type { FakeSocket } from "./support.ts";

const timestamp = "2026-03-02T08:30:00.000Z";
const connected = { type: "connected", timestamp, data: { userId: "ada" } };

/** Every client of every contract, and how its server lets it in. */
export const clients = {
  gurukul: {
    create: (options: ClientOptions) => new GurukulClient(options),
    letIn: (socket: FakeSocket) =>
      socket.say({ type: "pong", data: socket.sent.at(-1)?.["data"], timestamp: 0 }),
  },
  chat: {
    create: (options: ClientOptions) => new ChatWebSocketClient(options),
    letIn(socket: FakeSocket) {
      socket.say(connected);
      const id = socket.sent.at(-1)?.["id"];
      socket.say({ type: "pong", id, timestamp, data: {} });
    },
  },
  analytics: {
    create: (options: ClientOptions) => new AnalyticsWebSocketClient(options),
    letIn: (socket: FakeSocket) => socket.say(connected),
  },
  collaboration: {
    create: (options: ClientOptions) => new CollaborationWebSocketClient(options),
    letIn: (socket: FakeSocket) => socket.say(connected),
  },
  host: {
    create: (options: ClientOptions) => new GiftHostClient({ ...options, streamId: "s1" }),
    letIn: (socket: FakeSocket) =>
      socket.say({ type: "connection:ack", payload: { config: { pingInterval: 15_000 } } }),
  },
  viewer: {
    create: (options: ClientOptions) => new GiftViewerClient({ ...options, streamId: "s1" }),
    letIn: (socket: FakeSocket) =>
      socket.say({ type: "connection:ack", payload: { config: { pingInterval: 15_000 } } }),
  },
  voice: {
    create: (options: ClientOptions) => new VoiceChannelClient(options),
    letIn: (socket: FakeSocket) => socket.say({ v: 1, type: "ack", event: "auth.ok", ts: 1 }),
  },
  diet: {
    create: (options: ClientOptions) => new DietWebSocketClient(options),
    letIn: (socket: FakeSocket) => socket.say({ type: "auth_response", success: true, userId: "ada" }),
  },
};

/** A message of each client that has any; its content is `text`. */
export const messages = {
  gurukul: (text: unknown) => ({ type: "message", data: { chatId: "c1", content: text } }),
  chat: (text: unknown) => ({ type: "message", data: { content: text } }),
  analytics: (text: unknown) => ({ type: "subscribe", data: { metrics: [text] } }),
  collaboration: (text: unknown) => ({ type: "join_session", data: { sessionId: text, role: "observer" } }),
  diet: (text: unknown) => ({ type: "task.started", data: { userId: "ada", taskId: text } }),
};
export type SenderName = keyof typeof messages;
export const senderNames = Object.keys(messages) as SenderName[];

export type ClientName = keyof typeof clients;
export const clientNames = Object.keys(clients) as ClientName[];

/** Sends what the types of the client would not let through. */
export function sendBy(client: object, message: object): Promise<unknown> {
  const { send } = client as ChatWebSocketClient;
  return send.call(client, message as never);
}
