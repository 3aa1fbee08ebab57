import type { Agent } from "../core/ports/agent.ts";
import { cutText } from "../core/protocol/cut.ts";

/** UTF-16 units of the question that the answer quotes. */
const MAX_QUOTE = 400;

/**
 * Answers when no AI endpoint is configured, without network, and always the same answer to the same
 * question. Its confidence is 0, because it has not understood the question.
 */
export const offlineAgent: Agent = {
  async answer({ conversation, signal }) {
    signal.throwIfAborted();
    const asked = quote(conversation.at(-1)?.content ?? "");
    return {
      content: [
        "This is the built-in offline agent: no AI endpoint is configured, so I cannot think about an answer.",
        "Set AI_BASE_URL and AI_MODEL to connect one.",
        ...(asked === "" ? [] : [`You wrote: “${asked}”`]),
      ].join(" "),
      confidence: 0,
      metadata: { offline: true },
    };
  },
};

const quote = (text: string): string => cutText(text.replace(/\s+/g, " ").trim(), MAX_QUOTE);
