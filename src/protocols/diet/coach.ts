import { SerialQueue } from "../../core/live/serial-queue.ts";
import type { Utterance } from "../../core/ports/agent.ts";
import { cutText } from "../../core/protocol/cut.ts";
import type { Services } from "../../core/protocol/protocol.ts";
import { Refusal } from "../../core/protocol/refusal.ts";
import { cleanText } from "../../core/protocol/text.ts";
import { iso } from "../../core/protocol/time.ts";
import { type Ctx, type Message, record } from "./client.ts";
import type { Entries } from "./entries.ts";
import { inboxOf } from "./rooms.ts";
import type { CoachMessage, events } from "./schema.ts";
import { cleaned } from "./texts.ts";

/** The persona that answers. */
const COACH = "coach";
const TYPE = "ai.coach.message";
/**
 * How many messages of a conversation the coach gets, and among how many of the user's last messages with the
 * coach they are searched.
 */
const CONTEXT_MESSAGES = 20;
const MAX_LOOKED_UP = 200;

/** The coach: an agent that answers users, conversation by conversation (contract: AI Coach Events). */
export function createCoach(services: Services<typeof events, Entries, unknown>) {
  const { agent, history, report, settings, systemSender } = services;
  const questions = new SerialQueue();

  /** Ends with the question. A question that arrives while others are being answered gets its own turn. */
  function conversationOf(question: CoachMessage): Utterance[] {
    const last = history.page(inboxOf(question.userId), { kind: TYPE, limit: MAX_LOOKED_UP });
    const messages = last
      .map(({ body }): CoachMessage => JSON.parse(body))
      // Without a text it was redacted.
      .filter(({ conversationId, message }) => conversationId === question.conversationId && message !== "");
    const asked = messages.findIndex(
      ({ isFromAI, messageId }) => !isFromAI && messageId === question.messageId,
    );
    return [...messages.filter(({ isFromAI }, index) => isFromAI || index < asked), question]
      .slice(-CONTEXT_MESSAGES)
      .map(({ isFromAI, message: content }) => ({ role: isFromAI ? "assistant" : "user", content }));
  }

  /** Nobody has taken the question back, and its user is not erased. */
  function isAsked({ userId, messageId }: CoachMessage): boolean {
    const event = history.byExternalId(inboxOf(userId), uniqueIdOf(userId, messageId));
    return event !== undefined && JSON.parse(event.body).message !== "";
  }

  async function answer(question: CoachMessage, refuse: (refusal: Refusal) => void, signal: AbortSignal) {
    const { userId, conversationId } = question;
    try {
      if (!isAsked(question)) throw new Refusal("unavailable", "the question was redacted");
      const conversation = conversationOf(question);
      const { content, metadata } = await agent.answer({ userId, agentId: COACH, conversation, signal });
      if (signal.aborted) return;
      if (!isAsked(question)) throw new Refusal("unavailable", "the question was redacted");
      const message = cutText(cleanText(content), settings.maxContentLength);
      if (message.trim() === "")
        throw new Refusal("unavailable", "the agent's answer has no text outside its markup");
      const suggestions = suggestionsIn(metadata);
      const data: CoachMessage = {
        ...{ messageId: crypto.randomUUID(), conversationId, userId, message, isFromAI: true },
        timestamp: iso(systemSender.now()),
        ...(suggestions.length > 0 && { suggestions }),
      };
      // The next question is asked only after this answer is part of its conversation.
      await new Promise<void>((applied, refused) => {
        systemSender.record(
          inboxOf(userId),
          "say",
          { type: TYPE, data },
          { applied: () => applied(), refused },
        );
      });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Refusal)) report(error, { where: "agent", agentId: COACH });
      refuse(new Refusal("unavailable"));
    }
  }

  return {
    handlers: {
      [TYPE](ctx: Ctx, message: Message<typeof TYPE>): void {
        const question: CoachMessage = cleaned(message.data);
        const { userId, conversationId } = question;
        const refuse = (refusal: Refusal) => ctx.refuse(refusal);
        const unique = uniqueIdOf(userId, question.messageId);
        const applied = () => {
          const key = `${userId} ${conversationId}`;
          const taken = questions.ask(key, userId, (signal) => answer(question, refuse, signal));
          if (!taken) refuse(new Refusal("unavailable"));
        };
        record(ctx, message, inboxOf(userId), "say", { type: TYPE, data: question, unique }, { applied });
      },
    },
    stop: (): void => questions.cancelAll(),
  };
}

const uniqueIdOf = (userId: string, messageId: string): string => `${TYPE} ${userId} ${messageId}`;

/** What the agent suggests to say next, if anything. */
function suggestionsIn({ suggestions }: Readonly<Record<string, unknown>>): string[] {
  if (!Array.isArray(suggestions)) return [];
  return suggestions.filter((one) => typeof one === "string").map((one) => cutText(cleanText(one), 500));
}
