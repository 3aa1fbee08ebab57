// The published entry point `switchboard-client`.
export { type AnalyticsEvents, AnalyticsWebSocketClient } from "./atomic-analytics.ts";
export { type ChatEvents, ChatWebSocketClient } from "./atomic-chat.ts";
export { type CollaborationEvents, CollaborationWebSocketClient } from "./atomic-collaboration.ts";
export type { Backoff } from "./backoff.ts";
export type { Change } from "./change.ts";
export { DietCipher } from "./cipher.ts";
export type { Clock } from "./clock.ts";
export {
  type ConnectionEvent,
  ConnectionFailed,
  type ConnectionState,
  type ConnectOptions,
} from "./connection.ts";
export { type DietOptions, DietWebSocketClient, type WebSocketConnection } from "./diet.ts";
export type {
  DietEvents,
  DietMessage,
  DietResponse,
  EventHandler,
  WebSocketMessage,
} from "./diet-messages.ts";
export { type Gift, type GiftEvents, GiftHostClient, type GiftOptions, GiftViewerClient } from "./gifts.ts";
export { GurukulClient, type GurukulEvents, type GurukulMessage } from "./gurukul.ts";
export { indexedDbStore } from "./indexed-db.ts";
export {
  type ConnectionMetrics,
  type ConnectionStats,
  type ErrorLog,
  type MonitorOptions,
  WebSocketMonitor,
} from "./monitor.ts";
export type { ClientOptions } from "./options.ts";
export { NotSent, Refused } from "./outbox.ts";
export { MessageQueue, QueueFull, type QueueOptions } from "./queue.ts";
export type { Rate } from "./rate.ts";
export { type Participant, type Refusal, Unsaved } from "./shared-edit.ts";
export { SharedText } from "./shared-text.ts";
export type { Address, CreateSocket, Socket } from "./socket.ts";
export type { MessageStore, QueuedMessage, StoreEvent } from "./store.ts";
export { bindTextarea, type TextField } from "./textarea.ts";
export type { Token } from "./token.ts";
export { VoiceChannelClient, type VoiceEvents } from "./voice.ts";
