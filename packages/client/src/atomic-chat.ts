import type { z } from "zod";
import type { createMessages, events as serverEvents } from "../../../src/protocols/atomic/schema.ts";
import { AtomicClient, type AtomicError, type AtomicFrame } from "./atomic.ts";
import { newId } from "./id.ts";
import { RecentIds } from "./recent.ts";

type Schemas = ReturnType<typeof createMessages>;
type Data<Type extends keyof Schemas> = z.input<Schemas[Type]>;
type Kind = "connected" | "message" | "typing" | "history" | "user_joined" | "user_left";
type Events = { [Type in Kind]: AtomicFrame<Type, z.output<(typeof serverEvents)[Type]>> };

/** Events by type. Each new message arrives once, in order. */
export type ChatEvents = Events & { error: AtomicError };
export type ChatMessage = {
  [Type in "message" | "typing" | "history"]: {
    readonly type: Type;
    readonly id?: string;
    readonly data: Data<Type>;
  };
}["message" | "typing" | "history"];
export type ChatAnswers = Pick<Events, "message" | "history">;

type Frame = AtomicError | Events[Kind] | AtomicFrame<"pong", unknown>;

/** Contract atomic-guide: Chat WebSocket API. */
export class ChatWebSocketClient extends AtomicClient<ChatEvents, ChatMessage, ChatAnswers> {
  protected readonly contract = "atomic/chat";
  /** Ids of the last messages: one that was sent twice is confirmed twice. */
  readonly #told = new RecentIds();
  /** Id of the ping that is answered once it is known where the context is. */
  #fence = "";

  protected override isFleeting(type: string): boolean {
    return type === "typing";
  }

  /** Nobody waits for the history that an earlier page asked for. */
  protected override isKept(type: string): boolean {
    return type === "message";
  }

  protected isAnswered(type: string): boolean {
    return type !== "typing";
  }

  /** Until the client knows an offset, a lost connection would lose messages. */
  protected resume(): void {
    this.#fence = newId();
    this.say("ping", {}, this.#fence);
  }

  protected override told(frame: Frame): void {
    if (frame.type === "pong") {
      if (frame.id === this.#fence) this.ready();
    } else if (frame.type !== "message" || this.#told.add(frame.data.id)) {
      this.listeners.tell(frame.type, frame);
    }
  }
}
