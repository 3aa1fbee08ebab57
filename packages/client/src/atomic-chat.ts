import type { z } from "zod";
import type { createMessages, events as serverEvents } from "../../../src/protocols/atomic/schema.ts";
import { AtomicClient, type AtomicError, type AtomicFrame } from "./atomic.ts";
import { newId } from "./id.ts";
import { RecentIds } from "./recent.ts";

type Schemas = ReturnType<typeof createMessages>;
type Data<Type extends keyof Schemas> = z.input<Schemas[Type]>;
type Kind = "connected" | "message" | "typing" | "history" | "user_joined" | "user_left";
type Events = { [Type in Kind]: AtomicFrame<Type, z.output<(typeof serverEvents)[Type]>> };

/** What arrives, by type. Each message that is said while the client is used arrives once, in order. */
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

/** The most that one page has. */
const PAGE = 100;

/** Contract atomic-guide: Chat WebSocket API. */
export class ChatWebSocketClient extends AtomicClient<ChatEvents, ChatMessage, ChatAnswers> {
  protected readonly contract = "atomic/chat";
  /** The id of the last message. Undefined before it is known where to begin, empty where there was none. */
  #last: string | undefined;
  /** Ids of the last messages. Times do not order them: a clock may be set back. */
  readonly #told = new RecentIds();
  /** While it is asked what was missed: that, newest first, and what has come since. */
  #gap:
    | {
        readonly id: string;
        readonly pages: Events["message"]["data"][][];
        readonly since: Events["message"][];
      }
    | undefined;

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

  protected override lost(): void {
    this.#gap = undefined;
  }

  /** Asks for what was said since the last message; the first time, where that is. */
  protected resume(): void {
    // Before it is known where to begin, what is said in between would be missed.
    if (this.#last !== undefined) this.line.admitted();
    this.#gap = { id: newId(), pages: [], since: [] };
    this.say("history", { limit: this.#last === undefined ? 1 : PAGE }, this.#gap.id);
  }

  protected override arrived(frame: Frame): void {
    if (frame.type === "history" && this.#gap && frame.id === this.#gap.id) this.#fill(frame.data);
    else if (frame.type === "message" && this.#gap) this.#gap.since.push(frame);
    else if (frame.type === "message") this.#tell(frame);
    else if (frame.type !== "pong") this.listeners.tell(frame.type, frame);
  }

  #fill({ messages, hasMore }: Events["history"]["data"]): void {
    const gap = this.#gap;
    if (!gap) return;
    const [oldest] = messages;
    gap.pages.unshift(messages);
    const isReached = messages.some(({ id }) => id === this.#last);
    if (this.#last !== undefined && oldest && hasMore && !isReached) {
      this.say("history", { limit: PAGE, before: oldest.id }, gap.id);
      return;
    }
    this.#gap = undefined;
    const found = gap.pages.flat();
    if (this.#last === undefined) {
      // The first time: what was said before was not missed.
      this.#last = oldest?.id ?? "";
      this.#told.add(this.#last);
    } else {
      const missed = found.findLastIndex(({ id }) => id === this.#last) + 1;
      for (const data of found.slice(missed)) this.#tell(asFrame(data));
    }
    for (const frame of gap.since) this.#tell(frame);
    this.line.admitted();
    this.outbox.open();
  }

  #tell(frame: Events["message"]): void {
    const { id } = frame.data;
    // A message that was sent twice is confirmed twice.
    if (!this.#told.add(id)) return;
    this.#last = id;
    this.listeners.tell("message", frame);
  }
}

const asFrame = (data: Events["message"]["data"]): Events["message"] => ({
  type: "message",
  timestamp: data.timestamp,
  data,
});
