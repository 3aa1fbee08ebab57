// The published entry point `switchboard-client/react`. It needs React 18 or later.
export { type ChatActions, type ChatLine, type ChatOptions, type ChatState, useChat } from "./chat.ts";
export {
  type ContextChatActions,
  type ContextChatLine,
  type ContextChatOptions,
  type ContextChatState,
  useContextChat,
} from "./context-chat.ts";
export {
  type DietActions,
  type DietEntry,
  type DietEvent,
  type DietHookOptions,
  type DietState,
  useDiet,
} from "./diet.ts";
export { type DocumentActions, type DocumentOptions, type DocumentState, useDocument } from "./document.ts";
export { type GiftsActions, type GiftsOptions, type GiftsState, useGifts } from "./gifts.ts";
export {
  type MetricsActions,
  type MetricsOptions,
  type MetricsState,
  type MetricValue,
  useMetrics,
} from "./metrics.ts";
export { type Connected, useEvent } from "./session.ts";
export {
  useVoiceChannel,
  type VoiceActions,
  type VoiceChannel,
  type VoiceMember,
  type VoiceState,
} from "./voice.ts";
