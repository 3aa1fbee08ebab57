import type { z } from "zod";
import type { createMessages, Data, EventType, MessageType } from "../../../src/protocols/diet/schema.ts";

/** Contract diet-game: Base Message Structure. `timestamp` is ISO 8601. */
export interface DietMetadata {
  readonly userId?: string;
  readonly sessionId?: string;
  readonly requestId?: string;
  readonly correlationId?: string;
}
/** Contract: Base Message Structure, of a type that is known when it runs. */
export interface WebSocketMessage {
  id: string;
  type: string;
  timestamp: string;
  // biome-ignore lint/suspicious/noExplicitAny: so the contract has it.
  data: any;
  metadata?: DietMetadata;
}
/** Contract: EventHandler. */
export type EventHandler = (event: WebSocketMessage) => void;

interface Envelope<Type extends string, Data> {
  readonly id: string;
  readonly type: Type;
  readonly timestamp: string;
  readonly data: Data;
  readonly metadata?: DietMetadata;
}
/** Contract: WebSocketResponse. */
export interface DietResponse {
  readonly id: string;
  readonly type: string;
  readonly timestamp: string;
  readonly success: boolean;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: string; readonly message: string; readonly details?: unknown };
}
export interface AuthResponse {
  readonly type: "auth_response";
  readonly success: boolean;
  readonly userId?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** What arrives, by type. Nothing that is stored arrives twice, though the server repeats what is unread. */
export type DietEvents = { [Type in EventType]: Envelope<Type, Data<Type>> } & {
  auth_response: AuthResponse;
};

type Messages = ReturnType<typeof createMessages>;
/** `id` and `timestamp` are made where they are left out. */
export type DietMessage = {
  [Type in MessageType]: {
    readonly type: Type;
    readonly data: z.input<Messages[Type]>;
    readonly id?: string;
    readonly timestamp?: string;
    readonly metadata?: DietMetadata;
  };
}[MessageType];
export type DietAnswers = { [Type in MessageType]: DietResponse };
