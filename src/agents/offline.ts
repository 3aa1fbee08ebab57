import type { Agent } from "../core/ports/agent.ts";

/** Code points of the question that the answer quotes. */
const MAX_QUOTE = 200;

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

function quote(text: string): string {
  const points = [...text.replace(/\s+/g, " ").trim()];
  return points.length > MAX_QUOTE ? `${points.slice(0, MAX_QUOTE).join("")}…` : points.join("");
}
