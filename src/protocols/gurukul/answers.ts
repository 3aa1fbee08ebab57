import { SerialQueue } from "../../core/live/serial-queue.ts";
import type { Answer } from "../../core/ports/agent.ts";
import type { StoredEvent } from "../../core/ports/history.ts";
import type { Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { cleanText } from "../../core/protocol/text.ts";
import { ASSISTANT, chatOf, conversation, type Entries } from "./chat.ts";
import type { events, MessageEvent } from "./schema.ts";
import { split } from "./split.ts";
import type { Typing, TypingContext } from "./typing.ts";

interface Asked {
  /** Of the one who asks. */
  readonly ctx: TypingContext;
  readonly event: StoredEvent;
  readonly agentId: string;
  refuse(refusal: Refusal): void;
}

/** How many messages of a chat an agent gets. */
const CONTEXT_MESSAGES = 30;
/** Longer answers are split into several messages. */
const PART_LENGTH = 2_000;

/**
 * Lets the agent answer the questions of a chat one after the other. Its answers are recorded as turns of
 * their own.
 */
export class Answers {
  readonly #questions = new SerialQueue();

  constructor(
    private readonly services: Services<typeof events, Entries>,
    private readonly typing: Typing,
  ) {}

  ask(asked: Asked): void {
    const { room, sender } = asked.event;
    const answer = (signal: AbortSignal) => this.#answer(room, asked, signal);
    const taken = this.#questions.ask(room, sender ?? "", answer, () => asked.refuse(unavailable()));
    if (!taken) asked.refuse(new Refusal("unavailable", "Agent busy, try again"));
  }

  /** Nobody is left to get the answer. */
  cancel(room: string): void {
    this.#questions.cancel(room);
  }

  cancelAll(): void {
    this.#questions.cancelAll();
  }

  async #answer(room: string, asked: Asked, signal: AbortSignal): Promise<void> {
    const { ctx, event, agentId, refuse } = asked;
    const { agent, history, systemSender } = this.services;
    const typing = { chatId: chatOf(room), userId: ASSISTANT, agentId };
    this.typing.agentStarts(ctx, room, agentId);
    systemSender.relay(room, "typing", { ...typing, isTyping: true });
    try {
      const context = () => {
        const said = conversation(history, room, event.offset, CONTEXT_MESSAGES);
        if (said.length > 0) return said;
        throw new Refusal("unavailable", "Agent unavailable: the question was redacted");
      };
      const answer = await agent.answer({
        userId: event.sender ?? "",
        agentId,
        conversation: context(),
        signal,
      });
      signal.throwIfAborted();
      // The answer may quote a question that was redacted, or whose user was erased, while the agent thought.
      context();
      this.#record(asked, answer);
    } catch (error) {
      // Called off is no fault. The one who asked may still be connected, and others in a chat that was removed.
      if (!(signal.aborted || error instanceof Refusal))
        this.services.report(error, { where: "agent", agentId });
      refuse(unavailable());
    }
    this.typing.agentStops(ctx, room);
    systemSender.relay(room, "typing", { ...typing, isTyping: false });
  }

  #record({ event: question, agentId, refuse: refused }: Asked, answer: Answer): void {
    const { settings, systemSender } = this.services;
    const { messageId }: MessageEvent = JSON.parse(question.body);
    const content = cleanText(answer.content);
    if (content.trim() === "")
      throw new Refusal("unavailable", "the agent's answer has no text outside its markup");
    const parts = split(content, Math.min(PART_LENGTH, settings.maxContentLength));
    for (const [index, content] of parts.entries()) {
      const place = { messageIndex: index + 1, totalMessages: parts.length };
      const metadata = { ...answer.metadata, confidence: answer.confidence, ...place };
      const message = {
        userId: ASSISTANT,
        role: "assistant",
        content,
        agentId,
        messageId,
        metadata,
      } as const;
      // The asker gets one error if the answer cannot be stored: the first part's refusal is enough.
      systemSender.record(question.room, "message", message, index === 0 ? { refused } : {});
    }
  }
}

const unavailable = () => new Refusal("unavailable", "Agent unavailable");
